import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

const lockfile = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/tool': { version: '2.0.0', dev: true },
  },
}

/** Stands in for npm: notes how it was called, and leaves what npm leaves. */
const fakeNpm = `
const fs = require('fs')
fs.appendFileSync('calls.txt', process.argv.slice(2, 4).concat(process.argv.filter((word) => /^--(omit|include)/.test(word))).join(' ') + '\\n')
const failures = fs.existsSync('failures.json') ? JSON.parse(fs.readFileSync('failures.json', 'utf8')) : []
const failure = failures.shift()
fs.writeFileSync('failures.json', JSON.stringify(failures))
if (failure) { console.error(failure); process.exit(1) }
setTimeout(() => {
  fs.mkdirSync('node_modules', { recursive: true })
  fs.writeFileSync('node_modules/.package-lock.json', '{"packages":{}}')
}, 300)
`

let clone: string

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'sluice-launch-'))
  const write = (file: string, text: string) => {
    mkdirSync(join(clone, file, '..'), { recursive: true })
    writeFileSync(join(clone, file), text)
  }
  cpSync(join(root, 'tools/launch.cjs'), join(clone, 'tools/launch.cjs'))
  cpSync(join(root, 'packages/broker/bin/run.cjs'), join(clone, 'packages/broker/bin/run.cjs'))
  write('package-lock.json', JSON.stringify(lockfile))
  write('npm/npm-cli.js', fakeNpm)
  write('tools/test.ts', `console.log('tests ran')`)
  write(
    'packages/sluice/src/main.ts',
    `console.log('main', process.argv.slice(2).join(' '))
     if (process.argv[3] === 'exit') process.exit(Number(process.argv[4]))
     if (process.argv[3] === 'wait') {
       process.once('SIGTERM', () => { console.log('asked to stop'); process.exit(5) })
       setInterval(() => {}, 1000)
       console.log('ready')
     }
     if (process.argv[3] === 'orphan') {
       process.on('disconnect', () => process.exit(0))
       console.log('pid', process.pid)
     }`,
  )
})

afterEach(() => rmSync(clone, { recursive: true, force: true }))

const environment = () => ({
  ...process.env,
  npm_execpath: join(clone, 'npm/npm-cli.js'),
  npm_lifecycle_event: '',
})

const launch = (...args: string[]) => {
  const result = spawnSync(process.execPath, ['tools/launch.cjs', ...args], {
    cwd: clone,
    env: environment(),
    encoding: 'utf8',
  })
  return { code: result.status, printed: result.stdout.trim(), said: result.stderr }
}

const start = (...args: string[]) => {
  const child = spawn(process.execPath, ['tools/launch.cjs', ...args], { cwd: clone, env: environment() })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  return { child, printed: () => printed, ended: once(child, 'close') }
}

const calls = () =>
  existsSync(join(clone, 'calls.txt'))
    ? readFileSync(join(clone, 'calls.txt'), 'utf8').trim().split('\n')
    : []

describe('the launcher', () => {
  test('installs once what Sluice needs, without the tools, and starts it', () => {
    expect(launch('start', 'file.yaml')).toMatchObject({ code: 0, printed: 'main up file.yaml' })
    expect(launch('start')).toMatchObject({ code: 0, printed: 'main up', said: '' })
    expect(calls()).toEqual(['ci --omit=dev --omit=dev'])
  })

  test('adds the tools for the tests, and leaves them when it starts Sluice again', () => {
    launch('start')
    expect(launch('test').printed).toBe('tests ran')
    launch('start')
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ ...lockfile, changed: true }))
    launch('start')
    expect(calls()).toEqual([
      'ci --omit=dev --omit=dev',
      'install --no-save --include=dev',
      'install --no-save --include=dev',
    ])
  })

  test('takes an install made by hand as it is', () => {
    mkdirSync(join(clone, 'node_modules'))
    writeFileSync(join(clone, 'node_modules/.package-lock.json'), JSON.stringify(lockfile))
    launch('test')
    expect(calls()).toEqual([])
  })

  test('installs again when npm by hand left another version', () => {
    mkdirSync(join(clone, 'node_modules'))
    writeFileSync(
      join(clone, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': { version: '0.9.0' } } }),
    )
    launch('start')
    expect(calls()).toEqual(['install --no-save --omit=dev'])
  })

  test('tries again after a network failure', () => {
    writeFileSync(join(clone, 'failures.json'), JSON.stringify(['npm error code ECONNRESET']))
    expect(launch('start')).toMatchObject({ code: 0, printed: 'main up' })
    expect(calls()).toHaveLength(2)
  })

  test('gives up at once on other failures, with what npm said', () => {
    writeFileSync(join(clone, 'failures.json'), JSON.stringify(['npm error code EACCES']))
    const { code, said, printed } = launch('start')
    expect({ code, printed }).toEqual({ code: 1, printed: '' })
    expect(said).toContain('npm error code EACCES')
    expect(calls()).toHaveLength(1)
    expect(existsSync(join(clone, '.cache/install.lock'))).toBe(false)
  })

  test('installs once when started twice at the same time', async () => {
    const both = [start('start', 'a'), start('start', 'b')]
    await Promise.all(both.map((one) => one.ended))
    expect(both.map((one) => one.printed().trim())).toEqual(['main up a', 'main up b'])
    expect(calls()).toHaveLength(1)
  })

  test('starts from nothing when an install was killed', () => {
    launch('start')
    rmSync(join(clone, 'node_modules/.sluice-install.json'))
    writeFileSync(join(clone, '.cache/install.incomplete'), '')
    launch('start')
    expect(calls().map((call) => call.split(' ')[0])).toEqual(['ci', 'ci'])
  })

  test('does not wait for an install whose processes are gone', () => {
    const gone = spawnSync(process.execPath, ['--version']).pid
    mkdirSync(join(clone, '.cache'))
    writeFileSync(join(clone, '.cache/install.lock'), String(gone))
    expect(launch('start')).toMatchObject({ code: 0, printed: 'main up' })
  })

  test('passes exit codes through', () => {
    expect(launch('start', 'exit', '7').code).toBe(7)
  })

  test('passes signals through', async () => {
    const { child, printed, ended } = start('start', 'wait')
    await expect.poll(printed, { timeout: 10_000 }).toContain('ready')
    child.kill('SIGTERM')
    await ended
    expect(printed()).toContain('asked to stop')
    expect(child.exitCode).toBe(5)
  })

  test('lets the child know when it is killed', async () => {
    const { child, printed, ended } = start('start', 'orphan')
    await expect.poll(printed, { timeout: 10_000 }).toMatch(/pid \d+/)
    const pid = Number(/pid (\d+)/.exec(printed())?.[1])
    child.kill('SIGKILL')
    await ended
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  })

  test('says how it is used when asked for something else', () => {
    expect(launch('constructor')).toMatchObject({ code: 2, printed: '' })
  })
})

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
