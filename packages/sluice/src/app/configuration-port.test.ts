import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import type { Revision } from '../store/definitions.ts'
import { loadConfiguration, readConfiguration } from './configuration-file.ts'
import { createConfigurationFile } from './configuration-port.ts'

const env = { DB_PASSWORD: 'hunter2hunter2', TABLE: 'readings' }

const textWith = (table: string, more = ''): string => `
database: { url: "postgres://me:\${DB_PASSWORD}@db:5432/x" }
pipelines:
  readings:
    source: { generator: { type: sensor_readings } }
    sink: { postgres: { table: ${table}, columns: { sensor_id: text } } }
${more}`

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  path = join(folder, 'sluice.yaml')
  writeFileSync(path, textWith('${TABLE}'), { mode: 0o640 })
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The port over the file, with revisions in memory that follow the file at once, as the watch of the file does. */
const open = (file = path) => {
  const text = readConfiguration({ file })
  const configuration = loadConfiguration(text, env)
  const revisions: Revision[] = []
  const follow = (): void => {
    const now = readFileSync(file, 'utf8')
    if (revisions.at(-1)?.text === now) return
    revisions.push({
      id: revisions.length + 1,
      text: now,
      baseDirectory: folder,
      createdAtMs: 0,
      createdBy: 'here',
    })
  }
  follow()
  const port = createConfigurationFile({
    file: text,
    env,
    definitions: {
      newest: async () => {
        follow()
        return revisions.at(-1) ?? null
      },
      list: async () => [],
      one: async () => null,
    },
    startedWith: configuration,
    current: () => configuration,
    clock: systemClock,
  })
  return { port }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'done'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('the file', () => {
  test('is shown as it is written: no variable is put in, and no secret is anywhere in the answer', async () => {
    const { port } = open()
    const state = await port.show()
    expect(state.text).toContain('${DB_PASSWORD}')
    expect(state.notEditableBecause).toBeNull()
    const check = await port.check(state.text.replace('text }', 'nonsense }'))
    expect(check.findings).toHaveLength(1)
    expect(JSON.stringify([state, check])).not.toContain('hunter2')
  })

  test('is compared by pipeline and topic, with what waits for the next start', async () => {
    const { port } = open()
    const { changes } = await port.check(textWith('other', 'topics: { orders: {} }\nworkers: 3\n'))
    expect(changes).toEqual({
      pipelines: { added: [], changed: ['readings'], removed: [], restarted: ['readings'] },
      topics: { added: ['orders'], changed: [], removed: [] },
      restart: ['workers'],
    })
  })

  test('is replaced in one step, with the rights it had, and what it said before beside it', async () => {
    const { port } = open()
    const before = readFileSync(path, 'utf8')
    const { revision, backup } = await port.write(textWith('other'), { revision: 1, hash: null })
    expect(revision).toBe(2)
    expect(readFileSync(path, 'utf8')).toBe(textWith('other'))
    expect(readFileSync(backup, 'utf8')).toBe(before)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder).toSorted()).toEqual(['sluice.yaml', 'sluice.yaml.bak'])
  })

  test('keeps rights that a file which is made does not get', async () => {
    chmodSync(path, 0o666)
    const { port } = open()
    await port.write(textWith('other'), { revision: null, hash: null })
    expect(statSync(path).mode & 0o777).toBe(0o666)
  })

  test('is written where it lies, when its name is a link', async () => {
    const link = join(folder, 'link.yaml')
    symlinkSync(path, link)
    const { port } = open(link)
    await port.write(textWith('other'), { revision: null, hash: null })
    expect(readFileSync(path, 'utf8')).toBe(textWith('other'))
  })
})

describe('of two who edit the same', () => {
  test('the second is refused, whether they name the revision or the hash', async () => {
    const { port } = open()
    const { hash } = await port.show()
    const results = await Promise.all([
      codeOf(port.write(textWith('mine'), { revision: 1, hash })),
      codeOf(port.write(textWith('yours'), { revision: 1, hash: null })),
      codeOf(port.write(textWith('theirs'), { revision: null, hash })),
    ])
    expect(results).toEqual(['done', 'CONFLICT', 'CONFLICT'])
    expect(readFileSync(path, 'utf8')).toBe(textWith('mine'))
  })

  test('one may be an editor on the machine, whose change has problems and is no revision', async () => {
    const { port } = open()
    const { hash } = await port.show()
    writeFileSync(path, 'pipelines: [')
    expect(await codeOf(port.ready({ revision: null, hash }))).toBe('CONFLICT')
    expect(readFileSync(path, 'utf8')).toBe('pipelines: [')
  })
})

describe('a file that cannot be written here', () => {
  test('is told, and stays as it is', async () => {
    chmodSync(path, 0o444)
    const { port } = open()
    expect((await port.show()).notEditableBecause).toContain('read-only')
    expect(await codeOf(port.write(textWith('other'), { revision: null, hash: null }))).toBe(
      'CONFIG_FILE_FIXED',
    )
    expect(readFileSync(path, 'utf8')).toBe(textWith('${TABLE}'))
  })

  test('the content of other files is in no finding', async () => {
    writeFileSync(join(folder, 'secret.txt'), 'root:x:hunter2hunter2')
    const { port } = open()
    const { findings } = await port.check(`topics: { a: { schema: secret.txt } }\n${textWith('a')}`)
    expect(findings).toHaveLength(1)
    expect(JSON.stringify(findings)).not.toMatch(/root|hunter2/)
  })
})
