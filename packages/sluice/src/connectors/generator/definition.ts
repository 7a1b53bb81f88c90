/** The generator source: made-up data of declared types, the same for the same seed. */
import { Type } from 'typebox'
import { defineSource, type OptionProblem } from '../../flow/connector.ts'
import { parseDurationMs } from '../../kernel/units.ts'
import { parseTime } from '../event-time.ts'
import { durationOption, fittingOptions, optionProblem } from '../options.ts'
import { generatorTypes } from './types/index.ts'

export const generatorOptions = Type.Object(
  {
    type: Type.Union(
      generatorTypes.map(({ name }) => Type.Literal(name)),
      { description: 'What the records are; see the list of types.', default: 'sensor_readings' },
    ),
    rate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        description:
          'Records a second over all lanes; fractions are fine (0.1 is one every ten seconds). Default: 1.',
      }),
    ),
    interval: Type.Optional(durationOption('Time between two records, instead of `rate`.')),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Ends after so many records, over all lanes. Default: never.',
      }),
    ),
    sensors: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'How many sensors, devices or users the records come from. Default: as the type has it.',
      }),
    ),
    lanes: Type.Integer({
      minimum: 1,
      maximum: 1_024,
      default: 1,
      description: 'Into how many lanes the records are split, so that several workers can share them.',
    }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 4_294_967_295,
      description: 'Equal seeds give equal records.',
    }),
    start: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'ISO 8601 event time of the first record. With it, times are the same in every run too; without, they are ' +
          'those of the clock.',
      }),
    ),
    catch_up: durationOption(
      'How much missed time is made up for after a stop or a slow sink; what is older is never made.',
      '10s',
    ),
    topic: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'The topic that envelopes name. Default: the name of the pipeline.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Milliseconds of a `start`; null where it is no time. */
export const startMsOf = (text: string): number | null => parseTime(text, 'iso', () => 0)

/** What the schema cannot say. */
export const generatorProblems = (options: unknown): OptionProblem[] => {
  const checked = fittingOptions(generatorOptions, options)
  if (checked === undefined) return []
  const { rate, interval, sensors, lanes, start } = checked
  const problems: OptionProblem[] = []
  if (rate !== undefined && interval !== undefined) {
    problems.push(
      optionProblem(['interval'], 'rate and interval say the same thing twice', 'give only one of them'),
    )
  }
  if (interval !== undefined && (parseDurationMs(interval) ?? 0) < 1) {
    problems.push(
      optionProblem(['interval'], `${interval} is no time at all`, 'give at least 1ms, or a rate'),
    )
  }
  if (sensors !== undefined && sensors < lanes) {
    problems.push(
      optionProblem(['sensors'], `${sensors} cannot fill ${lanes} lanes`, `give at least ${lanes}`),
    )
  }
  if (start !== undefined && startMsOf(start) === null) {
    problems.push(
      optionProblem(['start'], `${start} is no ISO 8601 time`, 'write it as in 2026-01-31T12:00:00Z'),
    )
  }
  return problems
}

export const generatorSource = defineSource({
  name: 'generator',
  summary: 'Makes realistic data of a declared type, at a given rate, the same for the same seed.',
  details: [
    'Record `n` of a lane follows from seed, type and `n` (and its time) alone, so that a restart goes on exactly',
    'where the last commit left off, and makes again what was under way. Measured values wander like the real thing:',
    'they follow the day and each sensor has its own level. One sensor, device or user is always in the same lane.',
    '',
    'Types:',
    '',
    ...generatorTypes.map(({ name, summary }) => `- \`${name}\`: ${summary}`),
  ].join('\n'),
  options: generatorOptions,
  examine: generatorProblems,
  guarantee: {
    delivery: 'at least once',
    order: 'by number, per lane',
    because:
      'The position is the next number, and every record can be made again. With a sink that commits with its rows ' +
      'it is exactly once in effect.',
  },
  ownership: 'lease',
  runsOn: 'worker',
  open: async (options, context) => {
    const { openGenerator } = await import('./source.ts')
    return openGenerator(options, context)
  },
})
