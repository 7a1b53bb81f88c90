/**
 * The first five minutes of somebody new who has a terminal and nothing else: every command is one that the screen said
 * before, with a name or a value of the person's own put in.
 *
 * It prints the seconds that each step took and asserts only what came of it.
 */
import { expect, test } from 'vitest'
import { ask } from '../examples/recount.ts'
import { type Ran, runLine } from '../support/shell-lines.ts'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'
import { stopwatch } from '../support/stopwatch.ts'

const topic = 'sensor-readings'
const pipeline = 'sensor-data'

/** The command that a screen names behind some words, as `Stop it: sluice pipelines stop readings`. */
const told = (screen: string, words: string): string => {
  const line = screen.split('\n').find((one) => one.startsWith(`${words}: `))
  if (line === undefined) throw new Error(`Nothing on the screen says "${words}":\n${screen}`)
  return line.slice(words.length + 2)
}

/** The command that begins so on a screen. */
const toldCommand = (screen: string, start: string): string => {
  const line = screen.split('\n').find((one) => one.trim().startsWith(start))
  if (line === undefined) throw new Error(`Nothing on the screen begins with "${start}":\n${screen}`)
  return line.trim()
}

const person = (home: SluiceHome) => {
  const type = (line: string): Promise<Ran> => runLine(home, [], line)
  /** Types it, and gives what is on the screen; it went well. */
  const see = async (line: string): Promise<string> => {
    const ran = await type(line)
    expect([line, ran]).toEqual([line, { code: 0, output: ran.output }])
    return ran.output
  }
  /** Types it again and again until the screen shows something. */
  const seeUntil = async (line: string, shows: RegExp): Promise<string> => {
    let screen = ''
    await untilHolds({ output: () => screen, hasEnded: () => false }, `${line} showed ${shows}`, async () => {
      screen = await see(line)
      return shows.test(screen)
    })
    return screen
  }
  return { type, see, seeUntil }
}

type Person = ReturnType<typeof person>

/** Finds a message by what is in it; the words for that come from the list of topics and from a first mistake. */
const findMessage = async ({ type, see }: Person, topics: string): Promise<void> => {
  const screen = await see(topics)
  const messages = told(screen, 'Its messages').replace('host-metrics', topic)
  const newest = JSON.parse((await see(`${messages} --format value -n 1`)).trim()) as Record<string, string>
  const some = told(screen, 'Some of them').replace('host-metrics', topic)
  const mistaken = await type(some.replace('EXPRESSION', `'sensor_id == "${newest['sensor_id']}"'`))
  expect(mistaken).toEqual({ code: 2, output: expect.stringContaining('`event.sensor_id`') as string })
  const filter = `event.sensor_id == "${newest['sensor_id']}" && event.timestamp == "${newest['timestamp']}"`
  const found = await see(`${some.replace('EXPRESSION', `'${filter}'`)} --json`)
  const rows = found.split('\n').filter((line) => line.startsWith('{'))
  expect(rows.map((row): unknown => JSON.parse(row))).toMatchObject([{ topic, value: newest }])
}

/** Stops the pipeline, looks at what reading anew would mean, does it, starts it. */
const rewind = async ({ type, see, seeUntil }: Person, pipelines: string): Promise<void> => {
  const show = told(await see(pipelines), 'One of them').replace('generated-sensors', pipeline)
  const shown = await see(show)
  expect(shown).toContain('✓ every record is accounted for')
  const positions = async (): Promise<readonly string[]> => {
    const screen = await see(`sluice pipelines position ${pipeline} --json`)
    const { data } = JSON.parse(screen) as { data: readonly { position: string }[] }
    return data.map(({ position }) => position)
  }
  const early = await type(`sluice pipelines reset ${pipeline} --apply`)
  expect(early.code).toBe(1)
  expect(told(shown, 'Stop it')).toContain(told(early.output, '  Try'))
  const again = told(await see(told(shown, 'Stop it')), 'Read again')
  await seeUntil(show, /stopped since/)
  const before = await positions()
  const doIt = told(await see(again), 'Do it')
  expect(await positions()).toEqual(before)
  const start = told(await see(doIt), 'Start it')
  expect(await positions()).not.toEqual(before)
  await seeUntil(told(await see(start), 'See it'), /running since/)
}

/** Breaks a record, finds it among the dead letters, sends it mended; each step as the one before said. */
const breakAndMend = async ({ see, seeUntil }: Person, pipelines: string): Promise<void> => {
  const timestamp = new Date().toISOString()
  const reading = (temperature: unknown): string =>
    JSON.stringify({ sensor_id: 'lab-1', temperature, humidity: 40, timestamp })
  await see(`sluice produce ${topic} '${reading('warm')}'`)
  const dead = told(await seeUntil(pipelines, /^Refused records wait: /m), 'Refused records wait')
  const show = told(await see(dead), 'Look at one')
  const letter = await see(show)
  expect(letter).toContain(reading('warm'))
  expect(letter).toMatch(/reason .*temperature/)
  const sent = await see(told(letter, 'Send it mended').replace('NEW VALUE', reading(21.5)))
  const look = /`(?<line>[^`]+)`/.exec(sent)?.groups?.['line'] ?? ''
  await seeUntil(look, /^state +delivered, edited$/m)
}

interface Ledger {
  readonly data: readonly { readonly pipeline: string; readonly in: number; readonly gap: number }[]
}

const inOf = async ({ see }: Person): Promise<number> => {
  const { data } = JSON.parse(await see('sluice ledger --json')) as Ledger
  return data.find((row) => row.pipeline === pipeline)?.in ?? 0
}

test('somebody with a terminal is through the first five minutes by what the screen says', async () => {
  const watch = stopwatch()
  using home = await sluiceHome('cli-first')
  await using sluice = await home.up(null)
  const me = person(home)
  await untilHolds(sluice, 'it said what to try', () => sluice.output().includes('./sluice topics'))
  watch.lap('until Sluice was up')
  const screen = sluice.output()
  const pipelines = toldCommand(screen, './sluice pipelines')
  await me.seeUntil(toldCommand(screen, './sluice top '), /4\/4 running.*\n\S+ {3}cpu \d+ % {3}memory \d/)
  watch.lap('until this machine was live')
  await findMessage(me, toldCommand(screen, './sluice topics'))
  watch.lap('to find one message by its content')
  const before = await inOf(me)
  await rewind(me, pipelines)
  await untilHolds(sluice, 'everything was read anew', async () => (await inOf(me)) >= before * 2)
  watch.lap('to stop a pipeline, rewind and start it')
  await breakAndMend(me, pipelines)
  watch.lap('to break a record, find it, mend it and send it again')
  const ledger = await me.seeUntil('sluice ledger', /✓ every record is accounted for/)
  expect(ledger).not.toContain('✕')
  const rows = await ask(
    home.databaseUrl(),
    "select temperature, humidity from sensor_data where sensor_id = 'lab-1'",
  )
  expect(rows).toEqual([{ temperature: 21.5, humidity: 40 }])
  watch.lap('to see that the ledger balances')
  process.stdout.write(`${watch.report('the first five minutes from the command line')}\n`)
})
