/**
 * Fetch (key 1, v4-v18): record batches from partitions, waiting until there are enough of them.
 *
 * - Answers at once when there are `minBytes`, or an error; else waits for them up to `maxWaitMs`.
 * - The first partition that has something gives at least one batch, however large, so nobody gets stuck behind it.
 * - There are no fetch sessions: every answer has session id 0, which tells clients to go on without (KIP-227).
 * - There are no transactions: what is visible is also committed.
 */
import {
  type ErrorCode,
  errorCodes,
  Fetch,
  type RequestOf,
  type ResponseInputOf,
} from 'sluice-kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { defineRequest, type RequestContext } from './define.ts'
import { findLog, findTopic, isError, leaderEpochError } from './topic-lookup.ts'

type Request = RequestOf<typeof Fetch>
type TopicRequest = Request['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type TopicResponse = ResponseInputOf<typeof Fetch>['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

const readCommitted = 1
const noAborted: readonly never[] = []

/** One reading of all partitions. */
interface Gathered {
  readonly responses: TopicResponse[]
  readonly releases: (() => void)[]
  sizeBytes: number
  hasError: boolean
}

const release = (gathered: Gathered): void => {
  for (const each of gathered.releases) each()
}

const refused = (partitionIndex: number, errorCode: ErrorCode): PartitionResponse => ({
  partitionIndex,
  errorCode,
  highWatermark: -1n,
  records: [],
})

class Fetching {
  readonly #request: Request
  readonly #context: RequestContext
  readonly #bytesMax: number

  constructor(request: Request, context: RequestContext) {
    this.#request = request
    this.#context = context
    this.#bytesMax = Math.min(request.maxBytes, context.broker.settings.fetchBytesMax)
  }

  #find(topic: TopicRequest, partition: number): PartitionLog | ErrorCode {
    const reference = { name: topic.topic, topicId: topic.topicId }
    return findLog(findTopic(this.#context.broker.topics, reference), reference, partition)
  }

  async gather(): Promise<Gathered> {
    const gathered: Gathered = { responses: [], releases: [], sizeBytes: 0, hasError: false }
    for (const topic of this.#request.topics) {
      const partitions: PartitionResponse[] = []
      for (const asked of topic.partitions) partitions.push(await this.#read(topic, asked, gathered))
      gathered.responses.push({ topic: topic.topic, topicId: topic.topicId, partitions })
    }
    return gathered
  }

  async #read(topic: TopicRequest, asked: PartitionRequest, gathered: Gathered): Promise<PartitionResponse> {
    const log = this.#find(topic, asked.partition)
    const error = isError(log) ? log : leaderEpochError(log, asked.currentLeaderEpoch)
    if (isError(log) || error !== errorCodes.NONE) {
      gathered.hasError = true
      return refused(asked.partition, error)
    }
    const bytesMax = Math.min(asked.partitionMaxBytes, this.#bytesMax - gathered.sizeBytes)
    const result = await log.read(asked.fetchOffset, Math.max(bytesMax, 0), gathered.sizeBytes === 0)
    if (result.error !== errorCodes.NONE) {
      gathered.hasError = true
      return refused(asked.partition, result.error)
    }
    if (result.sizeBytes > 0) gathered.releases.push(() => result.release())
    gathered.sizeBytes += result.sizeBytes
    return {
      partitionIndex: asked.partition,
      errorCode: errorCodes.NONE,
      highWatermark: log.highWatermark,
      lastStableOffset: log.highWatermark,
      logStartOffset: log.logStartOffset,
      abortedTransactions: this.#request.isolationLevel === readCommitted ? noAborted : null,
      records: result.chunks,
    }
  }

  /** Settles when the partitions have got `missingBytes` more, when one of them is gone, or when waiting has to end. */
  wait(missingBytes: number, waitMs: number): Promise<void> {
    const { broker, connection } = this.#context
    return new Promise((resolve) => {
      let missing = missingBytes
      const endings: (() => void)[] = []
      const end = (): void => {
        for (const each of endings.splice(0)) each()
        resolve()
      }
      const arrived = (bytes: number): void => {
        missing -= bytes
        if (missing <= 0 || bytes === 0) end()
      }
      for (const topic of this.#request.topics) {
        for (const { partition } of topic.partitions) {
          const log = this.#find(topic, partition)
          if (!isError(log)) endings.push(log.onAppended(arrived))
        }
      }
      endings.push(broker.clock.after(waitMs, end))
      for (const signal of [connection.signal, broker.stopping]) {
        signal.addEventListener('abort', end)
        endings.push(() => signal.removeEventListener('abort', end))
      }
      if (connection.signal.aborted || broker.stopping.aborted) end()
    })
  }
}

export const fetch = defineRequest(Fetch, async (request, context) => {
  if (request.sessionId !== 0) {
    return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] }
  }
  const { clock, stopping } = context.broker
  const deadlineMs = clock.now() + request.maxWaitMs
  const fetching = new Fetching(request, context)
  let gathered = await fetching.gather()
  while (gathered.sizeBytes < request.minBytes && !gathered.hasError) {
    const waitMs = deadlineMs - clock.now()
    if (waitMs <= 0 || stopping.aborted || context.connection.signal.aborted) break
    const missingBytes = request.minBytes - gathered.sizeBytes
    release(gathered)
    await fetching.wait(missingBytes, waitMs)
    gathered = await fetching.gather()
  }
  const last = gathered
  context.whenSent(() => release(last))
  return { errorCode: errorCodes.NONE, sessionId: 0, responses: last.responses }
})
