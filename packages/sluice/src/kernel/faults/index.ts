/** Faults: every failure that Sluice tells anybody about, with one catalogue behind them. */
import { catalogue, type FaultCode } from './catalogue.ts'
import { type Blanks, type FaultEntry, fillBlanks, type Recovery } from './define.ts'

export { catalogue, type FaultCode } from './catalogue.ts'
export type { Recovery } from './define.ts'

type Entry<Code extends FaultCode> = (typeof catalogue)[Code]
type Facts<Code extends FaultCode> = Record<
  Blanks<Entry<Code>['says']> | Blanks<Entry<Code>['fix']>,
  string | number
>

/** A failure from the catalogue. Its message may be shown to anybody: it holds no secret and no stack. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly http: number
  readonly recovery: Recovery
  readonly fix: string
  readonly facts: Readonly<Record<string, string | number>>

  constructor(code: FaultCode, facts: Readonly<Record<string, string | number>>, cause?: unknown) {
    const entry: FaultEntry = catalogue[code]
    super(fillBlanks(entry.says, facts), cause === undefined ? undefined : { cause })
    this.name = 'Fault'
    this.code = code
    this.http = entry.http
    this.recovery = entry.recovery
    this.fix = fillBlanks(entry.fix, facts)
    this.facts = facts
  }
}

/** Makes a fault; the compiler asks for every fact that the sentences of `code` have a blank for. */
export const fault = <Code extends FaultCode>(code: Code, facts: Facts<Code>, cause?: unknown): Fault =>
  new Fault(code, facts, cause)

export const isFault = (error: unknown): error is Fault => error instanceof Fault

/** A sentence about any thrown thing, without stack. */
export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '') {
    return error.errors.map(messageOf).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}

/** How the engine should take any thrown thing: what nobody classified is retried, never dropped. */
export const recoveryOf = (error: unknown): Recovery => (isFault(error) ? error.recovery : 'retry')
