/**
 * A cluster made for tests: several nodes on sockets that answer just what this client asks, from memory, and that fail
 * on command in ways a real broker does only when it is unlucky.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import {
  ApiVersions,
  BatchEncoder,
  type BatchOptions,
  BatchView,
  batchFieldAt,
  errorCodes,
  Fetch,
  InitProducerId,
  ListOffsets,
  type Message,
  Metadata,
  OffsetForLeaderEpoch,
  Produce,
  Reader,
  type RequestOf,
  readRequestHeader,
  readRequestHeaderTags,
  responseFrame,
} from 'sluice-kafka-protocol'
import { crc32c } from '../compression/checksum.ts'
import { FrameReader } from '../connection/frame-reader.ts'
import { type DecodedRecords, decodeRecordSet } from '../consumer/record-sets.ts'
import type { ClusterOptions } from './cluster.ts'

/**
 * What goes wrong with a request: it gets no answer, half an answer, an answer that leaves its partitions out, or an error
 * for them (a Fetch: these records, whatever was asked for).
 */
export type Mishap =
  | 'silence'
  | 'cut'
  | 'omitted'
  | {
      readonly errorCode: number
      readonly recordErrors?: readonly number[]
      readonly records?: Buffer
      /** All where left out. */
      readonly partition?: number
    }

export interface FakeRequest {
  readonly name: string
  readonly node: number
  /** Those that the request names. */
  readonly partitions: readonly number[]
  readonly sessionId: number
}

interface ProducerState {
  readonly epoch: number
  readonly next: number
  readonly last: readonly { readonly sequence: number; readonly baseOffset: bigint }[]
}

interface FakePartition {
  leader: number
  leaderEpoch: number
  readonly batches: Buffer[]
  nextOffset: bigint
  /** What is known of each producer id: its epoch, where its sequence goes on, and its last batches. */
  readonly sequences: Map<bigint, ProducerState>
}

/** What is read in a session, in the order in which it was first named. */
interface FakeSession {
  epoch: number
  readonly read: Map<number, AskedPartition>
}

type AskedPartition = RequestOf<typeof Fetch>['topics'][number]['partitions'][number]

const topicName = 't'
const noCompression = { id: 0, compress: (bytes: Buffer) => bytes }
const offered = [Produce, Fetch, ListOffsets, Metadata, InitProducerId, OffsetForLeaderEpoch, ApiVersions]

const viewOf = (batch: Buffer): BatchView => new BatchView().move(batch)

/** The values of decoded records as text. */
export const valuesIn = (records: DecodedRecords | null): string[] =>
  Array.from({ length: records?.count ?? 0 }, (_, row) => {
    const start = records?.valueStart[row] ?? -1
    return start < 0 ? 'null' : (records?.bytes.toString('utf8', start, records.valueEnd[row]) ?? '')
  })

export class FakeCluster implements AsyncDisposable {
  topicId = 'FFFFFFFFFFFFFFFFFFFFFA'
  readonly partitions: FakePartition[]
  readonly requests: FakeRequest[] = []
  /** Whether brokers remember what a connection reads (KIP-227). */
  keepsSessions = false
  readonly sessions = new Map<number, FakeSession>()
  /** Bytes of records that were sent in answers. */
  servedBytes = 0
  producerIds = 0n
  /** A node that reads for whoever says where it is; who leads sends them there. */
  nearby = -1
  /** Whether brokers say nothing of offsets that they are asked for. */
  omitsOffsets = false
  /** Whether metadata tells of the first leaders still. */
  isBehind = false
  /** Decides what goes wrong, after a Produce had its effect and before anything else has. */
  mishap: (request: FakeRequest) => Mishap | undefined = () => undefined
  readonly #servers: Server[]
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<() => void>()

  constructor(nodes: number, partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => ({
      leader: 0,
      leaderEpoch: 0,
      batches: [],
      nextOffset: 0n,
      sequences: new Map(),
    }))
    this.#servers = Array.from({ length: nodes }, (_, node) =>
      createServer((socket) => this.#serve(socket, node)).listen(0, '127.0.0.1'),
    )
  }

  static async start({ nodes = 1, partitions = 1 } = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster(nodes, partitions)
    await Promise.all(cluster.#servers.map((server) => once(server, 'listening')))
    return cluster
  }

  get access(): ClusterOptions {
    return { brokers: [`127.0.0.1:${this.#portOf(0)}`], tls: false, sasl: null, clientId: 'test' }
  }

  /** Appends records in one batch. */
  append(
    partition: number,
    values: readonly string[],
    compression: BatchOptions['compression'] = noCompression,
  ): void {
    const encoder = new BatchEncoder()
    for (const value of values) encoder.append(null, Buffer.from(value), 1_000)
    this.store(partition, encoder.finish({ crc: crc32c, compression }))
  }

  /** Another node leads a partition, whose log ends at `end`: what lay beyond is lost. */
  elect(partition: number, leader: number, end?: bigint): void {
    const state = this.partitions[partition]
    if (state === undefined) return
    state.leader = leader
    state.leaderEpoch++
    if (end === undefined) return
    state.batches.splice(0, Infinity, ...state.batches.filter((each) => viewOf(each).lastOffset < end))
    state.nextOffset = end
  }

  /** Values of a partition, in order. */
  valuesOf(partition: number): string[] {
    const bytes = Buffer.concat(this.partitions[partition]?.batches ?? [])
    return valuesIn(decodeRecordSet({ bytes, from: 0n, aborted: null }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()))
  }

  #portOf(node: number): number {
    const address = this.#servers[node]?.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #serve(socket: Socket, node: number): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    // One request at a time, as a broker does it: the next waits until this one is answered.
    let turn = Promise.resolve()
    const frames = new FrameReader((frame) => {
      turn = turn.then(() => this.#answer(socket, node, frame))
    })
    socket.on('data', (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(frames.space(), 0, at)
        at += copied
        frames.filled(copied)
      }
    })
  }

  async #answer(socket: Socket, node: number, frame: Buffer): Promise<void> {
    const reader = new Reader(frame)
    const { apiKey, apiVersion: version, correlationId } = readRequestHeader(reader)
    const reply = <In>(message: Message<unknown, never, unknown, In>, value: In, isCut = false): void => {
      const bytes = Buffer.concat(responseFrame(message, version, correlationId, value))
      if (!isCut) socket.write(bytes)
      else socket.end(bytes.subarray(0, Math.ceil(bytes.length / 2)))
    }
    const tags = (message: Message<unknown, never, unknown, never>): void =>
      readRequestHeaderTags(reader, message, version)
    switch (apiKey) {
      case ApiVersions.key:
        tags(ApiVersions)
        reply(ApiVersions, {
          errorCode: 0,
          apiKeys: offered.map(({ key, versionMin, versionMax }) => ({
            apiKey: key,
            minVersion: versionMin,
            maxVersion: versionMax,
          })),
        })
        return
      case Metadata.key:
        tags(Metadata)
        if (this.#note('Metadata', node, []) === 'silence') return
        reply(Metadata, this.#metadata(Metadata.decodeRequest(version, reader).topics))
        return
      case InitProducerId.key: {
        const mishap = this.#note('InitProducerId', node, [])
        const errorCode = typeof mishap === 'object' ? mishap.errorCode : errorCodes.NONE
        reply(InitProducerId, { errorCode, producerId: ++this.producerIds, producerEpoch: 0 })
        return
      }
      case ListOffsets.key: {
        tags(ListOffsets)
        const { topics } = ListOffsets.decodeRequest(version, reader)
        const partitions = (topics[0]?.partitions ?? []).map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          offset: timestamp === -2n ? 0n : (this.partitions[partitionIndex]?.nextOffset ?? 0n),
        }))
        reply(ListOffsets, { topics: this.omitsOffsets ? [] : [{ name: topicName, partitions }] })
        return
      }
      case OffsetForLeaderEpoch.key: {
        tags(OffsetForLeaderEpoch)
        this.#note('OffsetForLeaderEpoch', node, [])
        const { topics } = OffsetForLeaderEpoch.decodeRequest(version, reader)
        const partitions = (topics[0]?.partitions ?? []).map((each) => this.#epochEnd(node, each))
        reply(OffsetForLeaderEpoch, { topics: [{ topic: topicName, partitions }] })
        return
      }
      case Fetch.key: {
        tags(Fetch)
        const named = Fetch.decodeRequest(version, reader)
        const mishap = this.#note(
          'Fetch',
          node,
          (named.topics[0]?.partitions ?? []).map((each) => each.partition),
          named.sessionId,
        )
        if (mishap === 'silence') return
        const session = this.#sessionOf(named)
        if (session === null) {
          reply(Fetch, { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] })
          return
        }
        const request = { ...named, topics: [{ ...session.topic, partitions: [...session.read.values()] }] }
        if (mishap === undefined) await this.#untilReadable(request)
        const { responses } = mishap === 'omitted' ? { responses: [] } : this.#fetch(node, request, mishap)
        reply(Fetch, { sessionId: session.id, responses }, mishap === 'cut')
        return
      }
      case Produce.key: {
        tags(Produce)
        const request = Produce.decodeRequest(version, reader)
        const sent = request.topicData[0]?.partitionData ?? []
        const mishap = this.#note(
          'Produce',
          node,
          sent.map((each) => each.index),
        )
        const partitionResponses = sent.map(({ index, records }) =>
          this.#produce(node, index, records, mishap),
        )
        if (mishap === 'silence') return
        reply(Produce, { responses: [{ name: topicName, partitionResponses }] }, mishap === 'cut')
        return
      }
      default:
        socket.destroy()
    }
  }

  #note(name: string, node: number, partitions: readonly number[], sessionId = 0): Mishap | undefined {
    const request = { name, node, partitions, sessionId }
    this.requests.push(request)
    return this.mishap(request)
  }

  /** What a request reads: what it names, and in a session what it named before; null for a session that is not there. */
  #sessionOf(request: RequestOf<typeof Fetch>) {
    const named = request.topics[0]?.partitions ?? []
    const topic = { topic: topicName, topicId: request.topics[0]?.topicId ?? this.topicId }
    const byPartition = (): Map<number, AskedPartition> =>
      new Map(named.map((each) => [each.partition, each]))
    if (request.sessionId === 0) {
      const read = byPartition()
      if (!this.keepsSessions) return { id: 0, topic, read }
      const id = this.sessions.size + 1
      this.sessions.set(id, { epoch: 1, read })
      return { id, topic, read }
    }
    const session = this.sessions.get(request.sessionId)
    if (session?.epoch !== request.sessionEpoch) return null
    session.epoch++
    for (const partition of request.forgottenTopicsData.flatMap(({ partitions }) => partitions)) {
      session.read.delete(partition)
    }
    for (const [partition, asked] of byPartition()) session.read.set(partition, asked)
    return { id: request.sessionId, topic, read: session.read }
  }

  #metadata(asked: RequestOf<typeof Metadata>['topics']) {
    const others = (asked ?? []).filter(({ name }) => name !== topicName)
    if (others.length > 0) {
      const errorCode = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      return { brokers: [], topics: others.map(({ name }) => ({ errorCode, name, partitions: [] })) }
    }
    return {
      brokers: this.#servers.map((_, nodeId) => ({ nodeId, host: '127.0.0.1', port: this.#portOf(nodeId) })),
      topics: [
        {
          errorCode: 0,
          name: topicName,
          topicId: this.topicId,
          partitions: this.partitions.map(({ leader, leaderEpoch }, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: this.isBehind ? 0 : leader,
            leaderEpoch: this.isBehind ? 0 : leaderEpoch,
            replicaNodes: [leader],
            isrNodes: [leader],
          })),
        },
      ],
    }
  }

  /** As a broker does: until there is something, or the time is over. */
  async #untilReadable(request: RequestOf<typeof Fetch>): Promise<void> {
    const asked = request.topics[0]
    const isReadable = (): boolean =>
      (asked?.partitions ?? []).some(
        ({ partition, fetchOffset }) => fetchOffset !== (this.partitions[partition]?.nextOffset ?? -1n),
      )
    if (isReadable()) return
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!isReadable()) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        resolve()
      }, request.maxWaitMs)
      this.#waiting.add(check)
    })
  }

  #fetch(node: number, request: RequestOf<typeof Fetch>, mishap: Mishap | undefined) {
    const isOtherTopic = request.topics[0]?.topicId !== this.topicId
    const partitions = (request.topics[0]?.partitions ?? []).map(
      ({ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes }) => {
        const state = this.partitions[partition]
        // A follower answers as the leader does.
        const asked = node === this.nearby ? (state?.leader ?? -1) : node
        const isSentAway = request.rackId !== '' && this.nearby >= 0 && state?.leader === node
        const isHit = typeof mishap === 'object' && (mishap.partition ?? partition) === partition
        const failing = isHit ? mishap.errorCode : errorCodes.NONE
        const code =
          failing !== errorCodes.NONE
            ? failing
            : isOtherTopic
              ? errorCodes.UNKNOWN_TOPIC_ID
              : state === undefined || this.#strangerTo(state, asked, currentLeaderEpoch) !== errorCodes.NONE
                ? this.#strangerTo(state, asked, currentLeaderEpoch)
                : fetchOffset > state.nextOffset
                  ? errorCodes.OFFSET_OUT_OF_RANGE
                  : errorCodes.NONE
        const given = isHit ? mishap.records : undefined
        const records =
          code === errorCodes.NONE && !isSentAway
            ? (given ?? this.#read(state, fetchOffset, partitionMaxBytes))
            : null
        this.servedBytes += records?.length ?? 0
        const end = state?.nextOffset ?? 0n
        return {
          partitionIndex: partition,
          errorCode: code,
          highWatermark: end,
          lastStableOffset: end,
          preferredReadReplica: isSentAway && code === errorCodes.NONE ? this.nearby : -1,
          records,
        }
      },
    )
    // As it was asked for, even where the topic has another id by now.
    return { responses: [{ topicId: request.topics[0]?.topicId ?? this.topicId, partitions }] }
  }

  /** Why this node does not answer for the partition to whoever knows of this leader epoch. */
  #strangerTo(state: FakePartition | undefined, node: number, epoch: number): number {
    if (state?.leader !== node) return errorCodes.NOT_LEADER_OR_FOLLOWER
    if (epoch >= 0 && epoch < state.leaderEpoch) return errorCodes.FENCED_LEADER_EPOCH
    return epoch > state.leaderEpoch ? errorCodes.UNKNOWN_LEADER_EPOCH : errorCodes.NONE
  }

  #epochEnd(
    node: number,
    asked: RequestOf<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number],
  ) {
    const { partition, currentLeaderEpoch, leaderEpoch } = asked
    const state = this.partitions[partition]
    const errorCode = this.#strangerTo(state, node, currentLeaderEpoch)
    if (state === undefined || errorCode !== errorCodes.NONE) return { partition, errorCode }
    if (leaderEpoch === state.leaderEpoch)
      return { partition, errorCode, leaderEpoch, endOffset: state.nextOffset }
    const last = state.batches.map(viewOf).findLast((each) => each.partitionLeaderEpoch <= leaderEpoch)
    if (last === undefined) return { partition, errorCode }
    return { partition, errorCode, leaderEpoch: last.partitionLeaderEpoch, endOffset: last.lastOffset + 1n }
  }

  #read(state: FakePartition | undefined, from: bigint, bytesMax: number): Buffer {
    const found: Buffer[] = []
    let bytes = 0
    for (const batch of state?.batches ?? []) {
      if (viewOf(batch).lastOffset < from) continue
      if (found.length > 0 && bytes + batch.length > bytesMax) break
      found.push(batch)
      bytes += batch.length
    }
    return Buffer.concat(found)
  }

  #produce(node: number, index: number, records: Buffer | null, mishap: Mishap | undefined) {
    const state = this.partitions[index]
    const answer = (errorCode: number, baseOffset = -1n) => ({ index, errorCode, baseOffset })
    if (typeof mishap === 'object') {
      const recordErrors = (mishap.recordErrors ?? []).map((batchIndex) => ({ batchIndex }))
      return { ...answer(mishap.errorCode), recordErrors }
    }
    if (state?.leader !== node) return answer(errorCodes.NOT_LEADER_OR_FOLLOWER)
    const view = new BatchView().move(records ?? Buffer.alloc(0))
    if (!view.hasValidCrc(crc32c)) return answer(errorCodes.CORRUPT_MESSAGE)
    const { producerId, producerEpoch: epoch, baseSequence: sequence } = view
    const known = state.sequences.get(producerId)
    if (known !== undefined && epoch < known.epoch) return answer(errorCodes.INVALID_PRODUCER_EPOCH)
    const current = known?.epoch === epoch ? known : undefined
    const repeated = current?.last.find((each) => each.sequence === sequence)
    if (repeated !== undefined) return answer(errorCodes.NONE, repeated.baseOffset)
    // As brokers do, who know nothing of a producer takes any sequence number.
    if (sequence !== (current?.next ?? (known === undefined ? sequence : 0)))
      return answer(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    const baseOffset = state.nextOffset
    const last = [...(current?.last ?? []), { sequence, baseOffset }].slice(-5)
    if (producerId >= 0n) state.sequences.set(producerId, { epoch, next: sequence + view.recordCount, last })
    this.store(index, view.bytes)
    return answer(errorCodes.NONE, baseOffset)
  }

  /** Appends a batch as it is, but for its place. */
  store(partition: number, bytes: Buffer): void {
    const state = this.partitions[partition]
    if (state === undefined) return
    const view = new BatchView().move(Buffer.from(bytes))
    view.setBaseOffset(state.nextOffset)
    view.bytes.writeInt32BE(state.leaderEpoch, batchFieldAt.partitionLeaderEpoch)
    state.nextOffset = view.lastOffset + 1n
    state.batches.push(view.bytes)
    for (const check of this.#waiting) check()
  }
}
