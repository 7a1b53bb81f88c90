/**
 * Takes calls as they come, hands them to the pipeline in batches, and answers them when they are committed.
 *
 * Calls that wait for the same commit share it. What is under way is bounded in bytes: beyond that, calls are told
 * to come again. A call is never cut in two, and is answered as a whole.
 */
import { createHash } from 'node:crypto'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { HttpReceiver, IdempotencyStore, RememberedCall } from '../../flow/http-ingest.ts'
import { type RecordBatch, recordId, recordIdHeader } from '../../flow/record-batch.ts'
import type { LaneLag, Settlement, SourceEvent, SourceSession } from '../../flow/source.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import type { Logger } from '../../kernel/logger.ts'
import { checkedOptions, durationMsOf } from '../options.ts'
import { type BodyFields, type BodyLimits, parseIngestBody } from './body.ts'
import { httpOptions } from './definition.ts'
import type { Accepted, IngestRecord, OfferOptions } from './offer.ts'

const idleAfterMs = 1_000
const batchRecordsMax = 5_000
const batchBytesMax = 4 * 1024 * 1024
const keyLengthMax = 200

export interface HttpSourceParts {
  readonly pipeline: string
  readonly lane: string
  /** Tells this opening of the source from every other one: part of record ids. */
  readonly incarnation: string
  readonly fields: BodyFields
  readonly timeoutMs: number
  readonly limits: BodyLimits & { readonly ingestInFlightBytesMax: number }
  readonly idempotency: IdempotencyStore
  /** Called when the source is closed. */
  readonly onClose: () => void
  readonly clock: Clock
  readonly logger: Logger
}

/** One call, from when it was offered until it is answered. */
interface Call {
  readonly records: readonly IngestRecord[]
  readonly key: string | null
  readonly sizeBytes: number
  readonly result: PromiseWithResolvers<readonly string[]>
  /** Ids of its records, known once they are numbered. */
  ids: readonly string[]
}

/** A call with a key that is under way: whoever repeats it meanwhile waits for the same. */
interface KeyedCall {
  readonly bodyHash: string
  readonly result: Promise<Accepted>
}

const sizeOf = (records: readonly IngestRecord[]): number =>
  records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0)

const hashOf = (records: readonly IngestRecord[]): string => {
  const hash = createHash('sha256')
  for (const { key, value } of records) {
    hash.update(`${key === null ? '-' : key.length}:${key ?? ''}:${value.length}:`)
    hash.update(value)
  }
  return hash.digest('hex')
}

export class HttpSource implements SourceSession, HttpReceiver {
  readonly #parts: HttpSourceParts
  readonly #builder = new BatchBuilder()
  readonly #queue: Call[] = []
  readonly #taken = new Map<RecordBatch, readonly Call[]>()
  readonly #keyed = new Map<string, KeyedCall>()
  #inFlightBytes = 0
  #next = 0n
  #started = false
  #paused = false
  #wake = new AbortController()

  constructor(parts: HttpSourceParts) {
    this.#parts = parts
  }

  async receive(
    call: Parameters<HttpReceiver['receive']>[0],
  ): Promise<{ readonly accepted: number; readonly repeated: boolean }> {
    const { fields, clock } = this.#parts
    const records = parseIngestBody(call.body, call.contentType, fields, this.#parts.limits, clock.now())
    const { accepted, duplicate } = await this.offer(records, call)
    return { accepted, repeated: duplicate }
  }

  /**
   * Resolves when every record is stored, as the pipeline promises (delivered, filtered, or a dead letter).
   * @throws fault REQUEST_INVALID, BODY_TOO_LARGE, TOO_BUSY, CONFLICT (the key was used for something else),
   *   UNAVAILABLE (the pipeline does not run, or did not store in time: send it again)
   */
  async offer(records: readonly IngestRecord[], options: OfferOptions): Promise<Accepted> {
    const { idempotencyKey: key } = options
    if (records.length === 0) throw fault('REQUEST_INVALID', { field: 'body', problem: 'holds no event' })
    if (key === null) {
      const call = this.#enqueue(records, null)
      const recordIds = await this.#inTime(call.result.promise, options.signal, () => this.#drop(call))
      return { accepted: records.length, recordIds, duplicate: false }
    }
    if (key === '' || key.length > keyLengthMax) {
      throw fault('REQUEST_INVALID', {
        field: 'Idempotency-Key',
        problem: `must have 1 to ${keyLengthMax} characters`,
      })
    }
    return this.#offerOnce(records, key, options.signal)
  }

  async #offerOnce(records: readonly IngestRecord[], key: string, signal: AbortSignal): Promise<Accepted> {
    const bodyHash = hashOf(records)
    const running = this.#keyed.get(key)
    if (running !== undefined) {
      this.#refuseOther(key, running.bodyHash, bodyHash)
      return { ...(await this.#inTime(running.result, signal)), duplicate: true }
    }
    const result = this.#storeOnce(records, key, bodyHash)
    this.#keyed.set(key, { bodyHash, result })
    const forget = (): void => {
      this.#keyed.delete(key)
    }
    result.then(forget, forget)
    // The caller may leave: the call goes on, so that a repeated one finds its answer.
    return this.#inTime(result, signal)
  }

  async #storeOnce(records: readonly IngestRecord[], key: string, bodyHash: string): Promise<Accepted> {
    const { idempotency, pipeline, logger } = this.#parts
    const found = await this.#find(key)
    if (found !== null) {
      this.#refuseOther(key, found.bodyHash, bodyHash)
      return { accepted: found.accepted, recordIds: this.#idsOf(key, found.accepted), duplicate: true }
    }
    const recordIds = await this.#enqueue(records, key).result.promise
    try {
      await idempotency.remember(pipeline, key, { bodyHash, accepted: records.length })
    } catch (error) {
      // They are stored: an error now would make the caller send them again, which is what the key is to prevent.
      logger.warn('a call could not be remembered by its key', { problem: messageOf(error) })
    }
    return { accepted: records.length, recordIds, duplicate: false }
  }

  async #find(key: string): Promise<RememberedCall | null> {
    try {
      return await this.#parts.idempotency.find(this.#parts.pipeline, key)
    } catch (error) {
      throw fault('UNAVAILABLE', { what: 'The store of idempotency keys', problem: messageOf(error) }, error)
    }
  }

  #refuseOther(key: string, before: string, now: string): void {
    if (before === now) return
    throw fault('CONFLICT', { what: `Idempotency-Key ${key}`, problem: 'was used for other events' })
  }

  #idsOf(key: string, count: number): string[] {
    const origin = { pipeline: this.#parts.pipeline, incarnation: 'http', lane: key }
    return Array.from({ length: count }, (_, i) => recordId(origin, BigInt(i)))
  }

  /** Puts a call into the queue. @throws fault UNAVAILABLE, BODY_TOO_LARGE, TOO_BUSY */
  #enqueue(records: readonly IngestRecord[], key: string | null): Call {
    const { pipeline } = this.#parts
    if (!this.#started) throw this.#notStored('it does not run here')
    const sizeBytes = sizeOf(records)
    const { ingestInFlightBytesMax, ingestBodyBytesMax } = this.#parts.limits
    if (sizeBytes > ingestBodyBytesMax) {
      throw fault('BODY_TOO_LARGE', { bytes: sizeBytes, bytesMax: ingestBodyBytesMax })
    }
    if (this.#inFlightBytes + sizeBytes > ingestInFlightBytesMax) {
      throw fault('TOO_BUSY', {
        what: `What pipeline ${pipeline} has under way`,
        limit: `${ingestInFlightBytesMax} bytes`,
        retryAfterSeconds: 1,
      })
    }
    const call: Call = { records, key, sizeBytes, result: Promise.withResolvers(), ids: [] }
    this.#inFlightBytes += sizeBytes
    const settled = (): void => {
      this.#inFlightBytes -= sizeBytes
    }
    call.result.promise.then(settled, settled)
    this.#queue.push(call)
    this.#stir()
    return call
  }

  /** Waits for an answer as long as the caller does, and not longer than the timeout. */
  async #inTime<Result>(
    result: Promise<Result>,
    signal: AbortSignal,
    onGivenUp: () => void = () => undefined,
  ): Promise<Result> {
    const { clock, timeoutMs } = this.#parts
    const answered = new AbortController()
    const over = AbortSignal.any([answered.signal, signal])
    const givenUp = clock.sleep(timeoutMs, over).then((): never => {
      const problem = signal.aborted ? 'the caller left' : `it did not store them within ${timeoutMs} ms`
      throw this.#notStored(problem)
    })
    try {
      return await Promise.race([result, givenUp])
    } catch (error) {
      onGivenUp()
      throw error
    } finally {
      // The race is over: what loses it must not count as unheard.
      givenUp.catch(() => undefined)
      answered.abort()
    }
  }

  /** Takes a call back that is still in the queue. One that was taken up cannot be had back. */
  #drop(call: Call): void {
    const at = this.#queue.indexOf(call)
    if (at < 0) return
    this.#queue.splice(at, 1)
    this.#fail(call, 'the call was taken back')
  }

  #notStored(problem: string): Error {
    return fault('UNAVAILABLE', { what: `Pipeline ${this.#parts.pipeline}`, problem })
  }

  async lanes(): Promise<readonly string[]> {
    return [this.#parts.lane]
  }

  async start(): Promise<void> {
    this.#started = true
    this.#paused = false
  }

  async stop(): Promise<void> {
    this.#started = false
    for (const call of this.#queue.splice(0)) this.#fail(call, 'it was stopped')
  }

  #fail(call: Call, problem: string): void {
    call.result.reject(this.#notStored(problem))
  }

  async next(signal: AbortSignal): Promise<SourceEvent> {
    const untilMs = this.#parts.clock.now() + idleAfterMs
    while (!signal.aborted) {
      if (this.#queue.length > 0 && !this.#paused) return { kind: 'batch', batch: this.#batch() }
      const leftMs = untilMs - this.#parts.clock.now()
      if (leftMs <= 0) break
      await this.#parts.clock.sleep(leftMs, AbortSignal.any([signal, this.#wake.signal]))
    }
    return { kind: 'idle' }
  }

  /** Puts calls together, in order, as many as fit. */
  #batch(): RecordBatch {
    const { pipeline, lane, incarnation } = this.#parts
    const calls: Call[] = []
    while (this.#queue[0] !== undefined) {
      const [call] = this.#queue
      const fits =
        this.#builder.count + call.records.length <= batchRecordsMax &&
        this.#builder.sizeBytes + call.sizeBytes <= batchBytesMax
      if (calls.length > 0 && !fits) break
      this.#queue.shift()
      calls.push(call)
      this.#number(call)
    }
    const batch = this.#builder.build({
      pipeline,
      incarnation,
      lane,
      stream: pipeline,
      next: `1:${incarnation}:${this.#next}`,
    })
    this.#taken.set(batch, calls)
    return batch
  }

  #number(call: Call): void {
    const { pipeline, lane, incarnation } = this.#parts
    const origin = { pipeline, incarnation, lane }
    const first = this.#next
    call.ids =
      call.key === null
        ? call.records.map((_, i) => recordId(origin, first + BigInt(i)))
        : this.#idsOf(call.key, call.records.length)
    for (const [i, record] of call.records.entries()) {
      const id = call.key === null ? undefined : call.ids[i]
      const headers = id === undefined ? [] : [{ key: recordIdHeader, value: Buffer.from(id) }]
      this.#builder.add({ ...record, headers, number: first + BigInt(i) })
    }
    this.#next += BigInt(call.records.length)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#stir()
  }

  async release(): Promise<void> {
    // Its lane is this process's own: nobody else could have it.
  }

  async settle({ batch }: Settlement): Promise<void> {
    for (const call of this.#taken.get(batch) ?? []) call.result.resolve(call.ids)
    this.#taken.delete(batch)
  }

  abandon(batch: RecordBatch): void {
    for (const call of this.#taken.get(batch) ?? [])
      this.#fail(call, 'it was stopped before they were stored')
    this.#taken.delete(batch)
  }

  async lag(): Promise<readonly LaneLag[]> {
    const calls = [...this.#queue, ...[...this.#taken.values()].flat()]
    const records = calls.reduce((sum, call) => sum + call.records.length, 0)
    return [{ lane: this.#parts.lane, records, behindMs: records === 0 ? 0 : null }]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.onClose()
    await this.stop()
    for (const batch of this.#taken.keys()) this.abandon(batch)
    this.#stir()
  }

  #stir(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }
}

/** Opens the http source and makes its receiver known. @throws fault OPTION_INVALID */
export const openHttp = async (options: unknown, context: OpenContext): Promise<HttpSource> => {
  const checked = checkedOptions(httpOptions, options, 'http')
  const { httpReceivers, idempotency, pipeline, clock, logger, random } = context
  let remove = (): void => undefined
  const source = new HttpSource({
    pipeline,
    lane: context.processId,
    incarnation: `${clock.now().toString(36)}${Math.floor(random() * 36 ** 6).toString(36)}`,
    fields: {
      ...(checked.key === undefined ? {} : { key: checked.key }),
      ...(checked.timestamp === undefined ? {} : { timestamp: checked.timestamp }),
    },
    timeoutMs: durationMsOf('http', 'timeout', checked.timeout),
    limits,
    idempotency,
    onClose: () => remove(),
    clock,
    logger,
  })
  const registered = httpReceivers.register(pipeline, source)
  remove = () => registered[Symbol.dispose]()
  return source
}
