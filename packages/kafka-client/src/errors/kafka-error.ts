/** The one kind of error that this client throws, made from the catalogue. Its words hold no secret. */
import { type Advice, catalogue, type KafkaErrorCode } from './catalogue.ts'

export class KafkaError extends Error {
  readonly code: KafkaErrorCode
  /** What it is about: a broker, a topic, a group, an option. */
  readonly about: string
  readonly problem: string
  /** What the caller may do. */
  readonly advice: Advice
  /** What mends it, in a sentence. */
  readonly fix: string
  /** The broker's own error code (https://kafka.apache.org/protocol#protocol_error_codes); null where none answered with one. */
  readonly brokerCode: number | null

  constructor(
    code: KafkaErrorCode,
    about: string,
    problem: string,
    cause?: unknown,
    brokerCode: number | null = null,
  ) {
    const { advice, says, fix } = catalogue[code]
    const message = says.replace(/\{(about|problem)\}/g, (blank) => (blank === '{about}' ? about : problem))
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KafkaError'
    this.code = code
    this.about = about
    this.problem = problem
    this.advice = advice
    this.fix = fix
    this.brokerCode = brokerCode
  }
}

/** @param code one code, or any where left out */
export const isKafkaError = (error: unknown, code?: KafkaErrorCode): error is KafkaError =>
  error instanceof KafkaError && (code === undefined || error.code === code)

/** A sentence about any thrown thing, without stack. */
export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '') {
    return error.errors.map(messageOf).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
