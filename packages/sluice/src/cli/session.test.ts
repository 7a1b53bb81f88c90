import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from '../api/rig.suite.ts'
import { openerWords } from '../app/browser.ts'
import { type RunRequest, run } from './rig.suite.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
})
afterAll(() => rm(directory, { recursive: true }))

let api: TestApi
let http = ''
beforeEach(async () => {
  api = await startTestApi()
  http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
})
afterEach(() => api[Symbol.asyncDispose]())

const sluice = (words: readonly string[], more: Partial<RunRequest> = {}) =>
  run({ ...more, words: [...words, '--http', http, '--dir', directory] })

const signsIn = async (url: string): Promise<number> => {
  const { hash, origin } = new URL(url)
  const answer = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: hash.slice(1) }),
  })
  return answer.status
}

describe('sluice signin', () => {
  test('shows a link that signs in once, alone on stdout', async () => {
    const { code, err, out } = await sluice(['signin'])
    expect(code).toBe(0)
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/signin#[\w-]{43}\n$/)
    expect(err).toMatch(/^Opens the page signed in\. Works once, until \d\d:\d\d UTC\.\n$/)
    expect([await signsIn(out.trim()), await signsIn(out.trim())]).toEqual([200, 403])
  })

  test('gives it to scripts with when it expires', async () => {
    const { err, out } = await sluice(['signin', '--json'])
    expect(err).toBe('')
    const { expires_at: expiresAt, url } = JSON.parse(out) as { url: string; expires_at: string }
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
    expect(await signsIn(url)).toBe(200)
  })

  test('says what to do where no server is', async () => {
    const { code, err } = await run({ words: ['signin', '--http', ':1', '--dir', directory] })
    expect(code).toBe(3)
    expect(err).toContain('Try: sluice up')
  })
})

describe('sluice open', () => {
  test('prints the link where there is no browser, and leaves nothing behind', async () => {
    const { code, err, out } = await sluice(['open'])
    expect(code).toBe(0)
    expect(err).toContain('There is no browser to open here')
    expect(await signsIn(out.trim())).toBe(200)
    expect(await readdir(directory)).toEqual(['admin.key'])
  })

  test('leads the browser to the link through a file for this user alone, which goes away', async () => {
    let opened = ''
    let page = ''
    let mode = 0
    const stop = new AbortController()
    const openInBrowser = async (file: string): Promise<boolean> => {
      opened = file
      page = await readFile(file, 'utf8')
      mode = (await stat(file)).mode & 0o777
      stop.abort()
      return true
    }
    const { code, err, out } = await sluice(['open'], { local: { openInBrowser }, signal: stop.signal })
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: `Opened ${http} in your browser.\n` })
    expect(mode).toBe(0o600)
    const link = /url=([^"]+)"/.exec(page)?.[1] ?? ''
    expect(await signsIn(link)).toBe(200)
    expect(existsSync(opened)).toBe(false)
    expect(await readdir(directory)).toEqual(['admin.key'])
  })

  test.each([
    { says: 'a desktop', platform: 'linux', env: { DISPLAY: ':0' }, program: 'xdg-open' },
    { says: 'Wayland', platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' }, program: 'xdg-open' },
    { says: 'a Mac', platform: 'darwin', env: {}, program: 'open' },
    { says: 'Windows', platform: 'win32', env: {}, program: 'cmd' },
    { says: 'a program of one’s own', platform: 'linux', env: { BROWSER: 'lynx' }, program: 'lynx' },
    { says: 'no screen', platform: 'linux', env: {}, program: undefined },
    { says: 'a screen elsewhere', platform: 'darwin', env: { SSH_CONNECTION: 'a b' }, program: undefined },
  ])('finds the opener of $says: $program', ({ env, platform, program }) => {
    expect(openerWords('/tmp/a.html', platform, env)?.[0]).toBe(program)
  })
})
