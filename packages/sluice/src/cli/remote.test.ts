import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from '../api/rig.suite.ts'
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
  run({
    ...more,
    words,
    environment: { SLUICE_HTTP: http, SLUICE_DIR: directory, ...more.environment },
  })

const jsonOf = async (words: readonly string[]): Promise<unknown> =>
  JSON.parse((await sluice([...words, '--json'])).out)

describe('topics', () => {
  test('are created, listed, shown and deleted', async () => {
    const created = await sluice(['topics', 'create', 'orders-2', '-p', '2', '--set', 'retention.ms=1000'])
    expect(created).toEqual({ code: 0, out: 'Topic orders-2 is made, with 2 partitions.\n', err: '' })
    const listed = await sluice(['topics'])
    expect(listed.out).toBe(
      'Topic     Partitions  Messages  In/s  Size  Groups\norders-2           2         0     –     –  –\n',
    )
    expect((await sluice(['topics', 'show', 'orders-2'])).out).toContain('retention.ms')
    expect(await jsonOf(['topics', 'show', 'orders-2'])).toMatchObject({ partitions: 2 })
    const kept = await sluice(['topics', 'delete', 'orders-2'])
    expect(kept).toMatchObject({ code: 2, err: expect.stringContaining('Add --yes to do it') as string })
    const wrong = await sluice(['topics', 'delete', 'orders-2'], { answer: 'orders' })
    expect(wrong.code).toBe(2)
    const gone = await sluice(['topics', 'delete', 'orders-2'], { answer: 'orders-2' })
    expect(gone.out).toBe('Topic orders-2 and its messages are deleted.\n')
    expect((await sluice(['topics'])).err).toContain('sluice topics create NAME')
  })

  test('that are unknown: exit code 1 and the command that lists them', async () => {
    const { code, err } = await sluice(['topics', 'show', 'nothing'])
    expect(code).toBe(1)
    expect(err).toBe(
      'error There is no topic named nothing.\n  List what exists and use one of those names.\n  Try: sluice topics list\n',
    )
  })

  test('with a bad name: exit code 2 and why', async () => {
    const { code, err } = await sluice(['topics', 'create', '123'])
    expect(code).toBe(2)
    expect(err).toContain('not digits alone')
  })
})

describe('produce and consume', () => {
  const fill = (stdin: string | Uint8Array, words: readonly string[] = []) =>
    sluice(['produce', 'a', ...words], { stdin })

  beforeEach(() => sluice(['topics', 'create', 'a', '-p', '1']))

  test('what was written is read back byte for byte', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":12345678901234567890}\nplain é\n'),
      Buffer.from([0xff, 0x0a]),
    ])
    const { code, err } = await fill(bytes)
    expect([code, err]).toEqual([0, '3 messages written to a.\n'])
    const stored = api.kafka.topics.get('a')?.partitions[0]?.map(({ value }) => Buffer.from(value ?? []))
    expect(stored).toEqual([
      Buffer.from('{"id":12345678901234567890}'),
      Buffer.from('plain é'),
      Buffer.from([0xff]),
    ])
    const read = await sluice(['consume', 'a', '--from', 'earliest', '--format', 'value', '-n', '2'])
    expect(read.out).toBe('{"id":12345678901234567890}\nplain é\n')
  })

  test('keys stand before the separator', async () => {
    await fill('eur:12:30\nusd:7\n', ['-K', ':'])
    const { out } = await sluice(['consume', 'a', '--from', 'beginning', '--format', 'key-value'])
    expect(out).toBe('eur\t12:30\nusd\t7\n')
  })

  test('a line that is wrong is named, and what came before it is sent', async () => {
    const { code, err } = await fill('{"a":1}\n{"a":\n', ['--format', 'json'])
    expect(code).toBe(2)
    expect(err).toContain('stdin:2: ')
    expect(err).toContain('what stands before it was sent (1 record)')
    expect(api.kafka.topics.get('a')?.partitions[0]).toHaveLength(1)
  })

  test('thousands of lines keep their order', async () => {
    const lines = Array.from({ length: 3_000 }, (_, n) => `line ${n}\n`).join('')
    await fill(lines)
    const { out } = await sluice(['consume', 'a', '--from', 'earliest', '--format', 'value'])
    expect(out).toBe(lines)
  })

  test('a topic is copied with keys and headers', async () => {
    await fill('k:{"n":1}\n', ['-K', ':', '-H', 'trace=t-1'])
    const { out } = await sluice(['consume', 'a', '--from', 'earliest', '--json'])
    await sluice(['topics', 'create', 'b', '-p', '1'])
    await sluice(['produce', 'b', '--format', 'record'], { stdin: out })
    const copied = await sluice(['consume', 'b', '--from', 'earliest', '--json'])
    expect(JSON.parse(copied.out)).toMatchObject({
      topic: 'b',
      key: 'k',
      value: { n: 1 },
      headers: [{ key: 'trace', value: 't-1' }],
    })
  })

  test('the newest are shown oldest first, one line each', async () => {
    await fill(Array.from({ length: 30 }, (_, n) => `v${n}\n`).join(''))
    const { out } = await sluice(['consume', 'a', '-n', '3'])
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\d [\d:.]+ {2}0\/27 {2}– {2}v27$/),
      expect.stringMatching(/0\/28 {2}– {2}v28$/),
      expect.stringMatching(/0\/29 {2}– {2}v29$/),
    ])
  })

  test('following ends after what was asked for', async () => {
    const following = sluice(['consume', 'a', '-f', '--from', 'earliest', '-n', '2', '--format', 'value'])
    await fill('one\ntwo\nthree\n')
    expect(await following).toEqual({ code: 0, out: 'one\ntwo\n', err: '' })
  })

  test('following ends with Ctrl-C', async () => {
    await fill('one\n')
    const stop = new AbortController()
    const { code, out } = await sluice(['consume', 'a', '-f', '--from', '0', '--format', 'value'], {
      signal: stop.signal,
      onOut: () => stop.abort(),
    })
    expect([code, out]).toEqual([0, 'one\n'])
  })

  test('what a topic holds cannot steer the terminal', async () => {
    await fill('\u001B[2Jgone\n')
    const { out } = await sluice(['consume', 'a'])
    expect(out).not.toContain('\u001B')
  })
})

describe('pipelines', () => {
  test('are listed in 80 columns', async () => {
    const { out } = await sluice(['pipelines'])
    expect(out).toBe(
      [
        'Pipeline  State      In/s  Out/s  Lag  Behind  Dead  Ledger',
        'readings  ● running    13     12    3  250 ms     1  ✓',
        'orders    ● running    13     12    3  250 ms     1  ✓',
        '',
      ].join('\n'),
    )
  })

  test('one is shown with its lanes', async () => {
    const { out } = await sluice(['pipelines', 'show', 'readings'])
    expect(out).toContain('in 10 = delivered 7 + filtered 2 + dead 1')
    expect(out).toContain('kafka → validate → postgres')
    expect(out).toContain('readings/0')
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('are stopped and their position is moved, first as a question', async () => {
    expect((await sluice(['pipelines', 'stop', 'readings'])).out).toBe('Pipeline readings stops.\n')
    const asked = await sluice(['pipelines', 'rewind', 'readings', '--to', '2026-01-31T12:00:00Z'])
    expect(asked.out).toContain('Nothing is changed yet.')
    expect(asked.out).toContain('sluice pipelines rewind readings --to 2026-01-31T12:00:00.000Z --apply')
    expect(api.pipelines.moved).toEqual([])
    const done = await sluice(['pipelines', 'rewind', 'readings', '--to', '2026-01-31T12:00:00Z', '--apply'])
    expect(done.out).toContain('10 records to be read again')
    expect(api.pipelines.moved).toHaveLength(1)
  })

  test('that run refuse to be moved, with the reason', async () => {
    const { code, err } = await sluice(['pipelines', 'reset', 'readings', '--apply'])
    expect(code).toBe(1)
    expect(err).toContain('Pipeline readings runs; pause or stop it first.')
  })

  test('tell where they read on', async () => {
    expect(await jsonOf(['pipelines', 'position', 'readings'])).toMatchObject({
      data: [{ lane: 'readings/0', earliest: '0', latest: '13' }],
    })
  })
})

describe('dead letters', () => {
  test('are listed, shown, edited and redriven', async () => {
    const listed = (await sluice(['dead', '--pipeline', 'orders'])).out.trimEnd().split('\n')
    expect(listed).toEqual([
      'Id  Pipeline  Step      State  When         Reason',
      ' 3  orders    validate  waits  01-31 12:01  The validate refused the record: te…',
    ])
    expect((await sluice(['dead', 'show', '1'])).out).toContain('{"temperature":"warm"}')
    const done = await sluice(['dead', 'redrive', '1', '--value', '{"temperature":20}'])
    expect(done.out).toBe('Dead letter 1 is on the way again; `sluice dead show 1` tells how it ended.\n')
    expect(await jsonOf(['dead', 'show', '1'])).toMatchObject({
      status: 'redriving',
      value: '{"temperature":20}',
    })
  })

  test('of a pipeline go only when it is said', async () => {
    const asked = await sluice(['dead', 'redrive', '-p', 'readings'])
    expect(asked.out).toBe(
      'Nothing is changed yet; 2 dead letters would be sent again.\nDo it: sluice dead redrive -p readings --apply\n',
    )
    const done = await sluice(['dead', 'purge', '-p', 'readings', '--apply', '--yes'])
    expect(done.out).toBe('2 dead letters removed for good.\n')
  })
})

describe('when the server does not answer as it should', () => {
  test('nobody is there: exit code 3 and how to start it', async () => {
    await api.server.close()
    const { code, err } = await sluice(['topics'])
    expect(code).toBe(3)
    expect(err).toContain(`No Sluice answers at ${http}: ECONNREFUSED.`)
    expect(err).toContain('Try: sluice up')
  })

  test('there is no key: exit code 4 and where it should be', async () => {
    const { code, err } = await run({ words: ['topics', '--http', http, '--dir', '/nowhere'] })
    expect(code).toBe(4)
    expect(err).toContain('/nowhere/admin.key cannot be read (ENOENT)')
  })

  test('the key is wrong: exit code 4', async () => {
    const { code } = await sluice(['topics'], { environment: { SLUICE_KEY: 'wrong' } })
    expect(code).toBe(4)
  })

  test('something else answers: exit code 3', async () => {
    const { createServer } = await import('node:http')
    await using other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, err } = await run({ words: ['topics', '--http', `:${port}`, '--dir', directory] })
    expect(code).toBe(3)
    expect(err).toContain('answered GET /api/topics with something else')
  })
})

describe('doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    const { code, out } = await sluice(['doctor'])
    expect(code).toBe(0)
    expect(out).toContain('✓ node: version 24')
    expect(out).toContain('✓ kafka: answers')
    expect(out).toContain('▲ server: ')
    expect(out.trimEnd().endsWith('No problem found.')).toBe(true)
  })

  test('tells a problem with what to do, and ends with 1', async () => {
    const local = {
      doctor: async () => [
        { check: 'disk', verdict: 'problem' as const, says: 'the disk is full', fix: 'Free some space.' },
      ],
    }
    const { code, out } = await sluice(['doctor'], { local })
    expect(code).toBe(1)
    expect(out).toContain('✕ disk: the disk is full\n    Free some space.')
  })
})

describe('what one may type next', () => {
  test.each([
    [['topics'], 'Some of them: sluice consume orders-2 --filter EXPRESSION'],
    [['pipelines'], 'One of them: sluice pipelines show readings'],
    [['pipelines'], 'Refused records wait: sluice dead'],
    [['pipelines', 'show', 'readings'], 'Stop it: sluice pipelines stop readings'],
    [['pipelines', 'stop', 'readings'], 'Read again: sluice pipelines reset readings'],
    [['pipelines', 'start', 'readings'], 'See it: sluice pipelines show readings'],
    [['pipelines', 'reset', 'readings'], 'It runs; stop it first: sluice pipelines stop readings'],
    [['pipelines', 'reset', 'readings', '--apply'], '  Try: sluice pipelines stop readings'],
    [['top', '--once'], 'Refused records wait: sluice dead'],
    [['dead'], 'Look at one: sluice dead show 3'],
    [['dead', 'show', '1'], "Send it mended: sluice dead redrive 1 --value 'NEW VALUE'"],
  ])('%j says "%s", and not beside JSON', async (words, line) => {
    await sluice(['topics', 'create', 'orders-2'])
    expect((await sluice(words)).err.split('\n')).toContain(line)
    expect((await sluice([...words, '--json', ...(words[0] === 'top' ? ['--once'] : [])])).err).not.toContain(
      line,
    )
  })

  test('is typed as this was', async () => {
    const environment = { SLUICE_PROGRAM: './sluice', SLUICE_HTTP: '' }
    const { err } = await sluice(['dead', '--http', http], { environment })
    expect(err).toContain(`./sluice dead show 3 --http ${http}\n`)
  })
})
