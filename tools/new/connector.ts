/** The first version of a new source: three files that work and pass every check, to be changed from there. */

export interface NewFile {
  readonly path: string
  readonly text: string
}

/** `amazon-sqs` as part of a name in code: `amazonSqs`. */
export const camel = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const pascal = (name: string): string => camel(name).replace(/^./, (letter) => letter.toUpperCase())

const definition = (
  name: string,
): string => `/** The ${name} source: counts, until it reads something better. */
import { Type } from 'typebox'
import { defineSource } from '../../flow/connector.ts'
import { durationOption } from '../options.ts'

export const ${camel(name)}Options = Type.Object(
  { every: durationOption('Time between two records.', '1s') },
  { additionalProperties: false },
)

export const ${camel(name)}Source = defineSource({
  name: '${name}',
  summary: 'Counts, one record at a time.',
  details: 'The body of a record is \`{"count": …}\`.',
  options: ${camel(name)}Options,
  guarantee: {
    delivery: 'at least once',
    order: 'per lane',
    because: 'It goes on from the position that was committed with the last record.',
  },
  ownership: 'lease',
  runsOn: 'worker',
  open: async (options, context) => {
    const { open${pascal(name)} } = await import('./source.ts')
    return open${pascal(name)}(options, context)
  },
})
`

const source = (
  name: string,
): string => `/** Reads one lane, record by record; its position is the number of the last one. */
import { BatchBuilder } from '../../flow/batch-builder.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { SourceSession } from '../../flow/source.ts'
import { type LanePoll, type LaneReader, LaneSource } from '../lane-source.ts'
import { checkedOptions, durationMsOf } from '../options.ts'
import { ${camel(name)}Options } from './definition.ts'

const lane = '${name}'

/** Opens the ${name} source. @throws fault OPTION_INVALID */
export const open${pascal(name)} = async (options: unknown, context: OpenContext): Promise<SourceSession> => {
  const { every } = checkedOptions(${camel(name)}Options, options, '${name}')
  const everyMs = durationMsOf('${name}', 'every', every)
  const { pipeline, clock } = context
  const open = async (_lane: string, position: string | null): Promise<LaneReader> => {
    const builder = new BatchBuilder()
    let number = BigInt(position ?? '0')
    let dueMs = clock.now()
    const poll = async (): Promise<LanePoll> => {
      const nowMs = clock.now()
      if (nowMs < dueMs) return { kind: 'wait', forMs: dueMs - nowMs }
      dueMs = nowMs + everyMs
      number += 1n
      const body = { count: String(number) }
      builder.add({ key: null, value: JSON.stringify(body), body, timeMs: nowMs, number })
      const batch = builder.build({ pipeline, incarnation: lane, lane, stream: lane, next: String(number) })
      return { kind: 'batch', batch }
    }
    return { poll, remaining: async () => 0, [Symbol.asyncDispose]: async () => undefined }
  }
  return new LaneSource({ lanes: async () => [lane], open }, clock)
}
`

const test = (name: string): string => `import { describe, expect, test } from 'vitest'
import { fromStart, readSome, skippingClock, testContext } from '../test-context.ts'
import { ${camel(name)}Source } from './definition.ts'

const context = () => testContext({ clock: skippingClock(0) })

describe('the ${name} source', () => {
  test('gives record after record', async () => {
    await using session = await ${camel(name)}Source.open({}, context())
    const { records } = await readSome(session, await fromStart(session), { most: 3 })
    expect(records.map(({ number }) => number)).toEqual([1n, 2n, 3n])
  })

  test('goes on where it was', async () => {
    await using first = await ${camel(name)}Source.open({}, context())
    const before = await readSome(first, await fromStart(first), { most: 2 })
    await using second = await ${camel(name)}Source.open({}, context())
    const after = await readSome(second, new Map(before.positions), { most: 2 })
    expect(after.records.map(({ number }) => number)).toEqual([3n, 4n])
  })

  test('refuses a time that is none', async () => {
    await expect(${camel(name)}Source.open({ every: 'soon' }, context())).rejects.toThrow(/every of ${name} is wrong/)
  })
})
`

const folder = 'packages/sluice/src/connectors'

export const connectorList = `${folder}/index.ts`

/** The files of a new source. */
export const connectorFiles = (name: string): NewFile[] => [
  { path: `${folder}/${name}/definition.ts`, text: definition(name) },
  { path: `${folder}/${name}/source.ts`, text: source(name) },
  { path: `${folder}/${name}/source.test.ts`, text: test(name) },
]

/** The list of connectors with one more source. Throws if the list does not look as it did. */
export const withConnector = (list: string, name: string): string => {
  const constant = `${camel(name)}Source`
  const line = `import { ${constant} } from './${name}/definition.ts'`
  const imports = list.match(/^import \{.*\} from '\.\/.*$/gm) ?? []
  const last = imports.at(-1)
  const sources = /(export const sources[^=]*= \[)([^\]]*?),?(\s*\])/.exec(list)
  if (last === undefined || sources === null)
    throw new Error('connectors/index.ts is not a list of sources any more')
  return list
    .replace(last, `${last}\n${line}`)
    .replace(sources[0], `${sources[1] ?? ''}${sources[2] ?? ''}, ${constant}${sources[3] ?? ''}`)
}
