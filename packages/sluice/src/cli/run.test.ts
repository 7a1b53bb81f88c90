import { describe, expect, test } from 'vitest'
import { commands } from './commands/index.ts'
import type { RunSettings } from './local-commands.ts'
import { cliReference } from './reference.ts'
import { noting, run } from './rig.suite.ts'

describe('words that are no command', () => {
  test.each([
    {
      words: ['topcs'],
      says: 'There is no command "topcs"; did you mean `sluice topics`?',
      next: 'sluice --help',
    },
    { words: ['frobnicate'], says: 'There is no command "frobnicate".', next: 'sluice --help' },
    {
      words: ['topics', 'crate', 'a'],
      says: 'There is no command "topics crate"; did you mean `sluice topics create`?',
      next: 'sluice topics --help',
    },
    {
      words: ['consume', 'a', '--folow'],
      says: 'There is no option --folow; did you mean --follow?',
      next: 'sluice consume --help',
    },
    { words: ['consume'], says: 'TOPIC is missing: Where they come from.', next: 'sluice consume --help' },
    { words: ['consume', 'a', 'b'], says: '"b" is too much.', next: 'sluice consume --help' },
    {
      words: ['consume', 'a', '-n', 'x'],
      says: '--limit x is no whole number',
      next: 'sluice consume --help',
    },
    {
      words: ['consume', 'a', '-n', '0'],
      says: '--limit 0 is no whole number from 1',
      next: 'sluice consume --help',
    },
    { words: ['consume', 'a', '-n'], says: '-n needs a value: NUMBER', next: 'sluice consume --help' },
    {
      words: ['consume', 'a', '--from', '-f'],
      says: '--from needs a value: POINT',
      next: 'sluice consume --help',
    },
    {
      words: ['consume', 'a', '--follow=yes'],
      says: '--follow takes no value',
      next: 'sluice consume --help',
    },
    {
      words: ['consume', 'a', '-n', '1', '-n', '2'],
      says: '-n was given twice',
      next: 'sluice consume --help',
    },
    {
      words: ['consume', 'a', '--format', 'xml'],
      says: '--format xml is none of text, json, value, key-value',
      next: 'sluice consume --help',
    },
    {
      words: ['topics', 'create', 'a', '--set', 'x'],
      says: '--set x is no setting',
      next: 'sluice topics create --help',
    },
    { words: ['dead', 'redrive'], says: 'Name ids, or a pipeline', next: 'sluice dead redrive --help' },
    { words: ['dead', 'redrive', '1', '-p', 'a'], says: 'not both', next: 'sluice dead redrive --help' },
    { words: ['redrive', '1'], says: 'did you mean `sluice dead redrive`?', next: 'sluice --help' },
    { words: ['dead-letters'], says: 'did you mean `sluice dead`?', next: 'sluice --help' },
    { words: ['search', 'orders'], says: 'did you mean `sluice consume`?', next: 'sluice --help' },
    {
      words: ['reset', 'x'],
      says: 'did you mean `sluice groups reset` or `sluice pipelines reset`?',
      next: 'sluice --help',
    },
    {
      words: ['messages', 'orders'],
      says: '`sluice consume TOPIC` prints messages',
      next: 'sluice messages --help',
    },
    { words: ['topics', 'list', '--http', 'not an address'], says: 'is no address', next: 'sluice --help' },
  ])('$words: exit code 2, what is wrong, and what to try', async ({ words, says, next }) => {
    const { code, out, err } = await run({ words })
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(says)
    expect(err.trimEnd().split('\n').at(-1)).toBe(`  Try: ${next}`)
  })

  test('are told as JSON where JSON was asked for', async () => {
    const { err } = await run({ words: ['topcs', '--json'] })
    expect(JSON.parse(err)).toMatchObject({ code: 'USAGE_WRONG', try: 'sluice --help' })
  })
})

describe('help', () => {
  test.each(commands.map(({ path }) => path.join(' ')))(
    '%s: fits 80 columns and has an example',
    async (path) => {
      const { code, out } = await run({ words: [...path.split(' '), '--help'] })
      expect(code).toBe(0)
      expect(out).toContain(`Usage  sluice ${path}`)
      expect(out).toContain('Examples\n')
      expect(out).toContain('Exit codes\n')
      const wide = out.split('\n').filter((line) => line.length > 80 && !line.startsWith('  sluice'))
      expect(wide).toEqual([])
    },
  )

  test('alone lists every command', async () => {
    const { out } = await run({ words: [] })
    for (const { path } of commands) expect(out).toContain(path[0])
  })

  test('of a group lists its commands', async () => {
    const { out } = await run({ words: ['topics', '--help'] })
    expect(out).toContain('create      Create a topic')
  })

  test('tells the version', async () => {
    expect(await run({ words: ['--version'] })).toEqual({ code: 0, out: 'sluice 1.2.3\n', err: '' })
  })
})

test('the reference page has every command and option', () => {
  const page = cliReference()
  for (const { path, options } of commands) {
    expect(page).toContain(`## sluice ${path.join(' ')}\n`)
    for (const name of Object.keys(options)) expect(page).toContain(`--${name}`)
  }
})

describe('commands that run here', () => {
  test('get settings from options, environment and defaults, in this order', async () => {
    const settings: RunSettings[] = []
    await run({
      words: ['up', 'my.yaml', '--http', ':0', '--workers', '3'],
      environment: { SLUICE_HTTP: ':1', SLUICE_KAFKA: ':2', SLUICE_ALLOW_REMOTE: 'true', SLUICE_DIR: '' },
      local: { up: noting(settings) },
    })
    expect(settings).toEqual([
      {
        file: 'my.yaml',
        directory: '.sluice',
        http: ':0',
        kafka: ':2',
        postgres: '127.0.0.1:5433',
        allowRemote: true,
        logLevel: null,
        workers: 3,
      },
    ])
  })

  test.each(['up', 'server', 'worker'] as const)('%s ends with the exit code of what ran', async (name) => {
    const { code } = await run({ words: [name], local: { [name]: noting([], async () => 1) } })
    expect(code).toBe(1)
  })

  test('say that they drain at the first Ctrl-C and end with 130 at the second', async () => {
    const first = new AbortController()
    const second = new AbortController()
    const { code, err } = await run({
      words: ['up'],
      signal: first.signal,
      hurry: second.signal,
      local: {
        up: noting([], async (tools) => {
          first.abort()
          expect(tools.signal.aborted).toBe(true)
          second.abort()
          return 0
        }),
      },
    })
    expect(err).toContain('Draining')
    expect(code).toBe(130)
  })

  test('lint names each place and ends with 2', async () => {
    const findings = [{ line: 3, column: 5, message: 'topic is missing; write topic: NAME' }]
    const local = { lint: async () => ({ file: 'a.yaml', findings, pipelines: 0, topics: 0 }) }
    const people = await run({ words: ['lint'], local })
    expect(people).toMatchObject({ code: 2, out: 'a.yaml:3:5: topic is missing; write topic: NAME\n' })
    const machine = await run({ words: ['lint', '--json'], local })
    expect(JSON.parse(machine.out)).toMatchObject({ findings })
  })

  test('schema and db url print what other tools take', async () => {
    expect(JSON.parse((await run({ words: ['schema'] })).out)).toEqual({ type: 'object' })
    expect((await run({ words: ['db', 'url'] })).out).toBe('postgres://sluice:secret@127.0.0.1:5433/sluice\n')
  })
})
