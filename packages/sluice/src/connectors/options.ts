/** What every connector does with its options: checked against their schema once more, units read, errors named. */
import { type Static, type TObject, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { OptionProblem } from '../flow/connector.ts'
import { fault } from '../kernel/faults/index.ts'
import { durationPattern, parseDurationMs, parseSizeBytes, sizePattern } from '../kernel/units.ts'

/** The options with their defaults filled in; undefined where they don't fit, which is for others to tell. */
export const fittingOptions = <Schema extends TObject>(
  schema: Schema,
  options: unknown,
): Static<Schema> | undefined => {
  const filled: unknown = Value.Default(schema, Value.Clone(options ?? {}))
  return Value.Check(schema, filled) ? filled : undefined
}

/**
 * The options with their defaults filled in.
 * @throws fault OPTION_INVALID with the first thing that is wrong
 */
export const checkedOptions = <Schema extends TObject>(
  schema: Schema,
  options: unknown,
  connector: string,
): Static<Schema> => {
  const fitting = fittingOptions(schema, options)
  if (fitting !== undefined) return fitting
  const filled: unknown = Value.Default(schema, Value.Clone(options ?? {}))
  const error = Value.Errors(schema, filled).find(({ keyword }) => keyword !== 'boolean')
  throw optionInvalid(
    connector,
    error?.instancePath.slice(1).replaceAll('/', '.') ?? '',
    error?.message ?? 'it does not fit the schema',
  )
}

export const optionInvalid = (connector: string, option: string, problem: string): Error =>
  fault('OPTION_INVALID', { option: option === '' ? '(all)' : option, connector, problem })

/** Schema of a duration option, as people write it: `5s`. */
export const durationOption = (description: string, preset?: string) =>
  Type.String({ pattern: durationPattern, description, ...(preset === undefined ? {} : { default: preset }) })

/** Schema of a size option, as people write it: `64MiB`. */
export const sizeOption = (description: string, preset?: string) =>
  Type.String({ pattern: sizePattern, description, ...(preset === undefined ? {} : { default: preset }) })

/** Milliseconds of a duration option; more than none. @throws fault OPTION_INVALID */
export const durationMsOf = (connector: string, option: string, text: string): number => {
  const ms = parseDurationMs(text)
  if (ms === undefined || ms < 1) throw optionInvalid(connector, option, `${text} is no duration above 0`)
  return ms
}

/** Bytes of a size option; more than none. @throws fault OPTION_INVALID */
export const sizeBytesOf = (connector: string, option: string, text: string): number => {
  const bytes = parseSizeBytes(text)
  if (bytes === undefined || bytes < 1) throw optionInvalid(connector, option, `${text} is no size above 0`)
  return bytes
}

/** Something that the schema of a connector's options cannot say, at the place of one option. */
export const optionProblem = (
  path: readonly (string | number)[],
  problem: string,
  fix: string,
): OptionProblem => ({ path, offset: null, problem, fix })

/** What the linter tells of is refused when the connector is opened as well. @throws fault OPTION_INVALID */
export const refuseProblems = (connector: string, problems: readonly OptionProblem[]): void => {
  const [first] = problems
  if (first !== undefined) throw optionInvalid(connector, first.path.join('.'), first.problem)
}
