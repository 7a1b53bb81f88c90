/**
 * How a request of the Kafka protocol is declared: its message table and the handler that answers it.
 *
 * - A handler is asynchronous and never touches a socket. Requests of one connection run concurrently; the server
 *   puts their answers into request order.
 * - Byte fields of a decoded request belong to the handler for good (the server copies small frames out of the read
 *   buffer). Produce is the exception and takes care of it itself.
 * - What is wrong with a request goes into its response as an error code. A thrown error is a bug: the server reports
 *   it and closes the connection.
 */
import { type Message, type Reader, responseFrame } from 'sluice-kafka-protocol'
import type { GroupCoordinator } from '../coordinators/group-coordinator.ts'
import type { Clock } from '../log/clock.ts'
import type { DiskSpace } from '../log/disk-space.ts'
import type { Slab } from '../log/slab.ts'
import type { TopicRegistry } from '../log/topic-registry.ts'

/** Where the logs are. */
export interface LogDirectory {
  readonly path: string
  /** Size and free bytes of the volume, or null where the system does not tell. */
  space(): Promise<DiskSpace | null>
}

/** What the handlers of one broker share. */
export interface Broker {
  readonly nodeId: number
  readonly clusterId: string
  readonly settings: BrokerSettings
  readonly logDirectory: LogDirectory
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  readonly topics: TopicRegistry
  readonly groups: GroupCoordinator
  /** Aborted when the broker stops: whoever waits for something to happen answers with what there is. */
  readonly stopping: AbortSignal
  /** The next producer id that nobody ever had in this data directory. */
  nextProducerId(): Promise<bigint>
  /** Says something to the operator: one line, no newline in it. */
  report(line: string): void
}

/** Settings that handlers ask. */
export interface BrokerSettings {
  readonly autoCreateTopics: boolean
  readonly defaultPartitions: number
  /** What clients are told to connect to; null: the address they came in on. */
  readonly advertised: { readonly host: string; readonly port: number } | null
  /** Most bytes one fetch answers with, whatever the client asks for. */
  readonly fetchBytesMax: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupInitialRebalanceDelayMs: number
  readonly offsetsRetentionMs: number
  readonly offsetsTopicPartitions: number
}

/** The connection a request came on. */
export interface Connection {
  /** Unique in the life of the broker. */
  readonly id: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Aborted when the connection has gone: whoever waits on behalf of it may stop. */
  readonly signal: AbortSignal
}

/** One request's surroundings. */
export interface RequestContext {
  readonly broker: Broker
  readonly connection: Connection
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** The slab that holds the frame, for the request that keeps its bytes (Produce); else null. */
  readonly slab: Slab | null
  /** Runs `work` when the response has left for the kernel, or never will: what it referred to may be given back. */
  whenSent(work: () => void): void
}

/** A request as the server sees it: bytes in, chunks out. */
export interface RequestDefinition {
  readonly apiKey: number
  readonly name: string
  /** Oldest version named in ApiVersions. It may be older than what is served (see Produce). */
  readonly advertisedMin: number
  readonly versionMin: number
  readonly versionMax: number
  /** Whether decoded byte fields stay in the slab that was read from the socket. */
  readonly readsInPlace: boolean
  isFlexible(version: number): boolean
  /**
   * Decodes (at once; throws ProtocolError) and answers (later). Null: nothing is sent for this request.
   * `reader` stands behind the request header.
   */
  handle(reader: Reader, context: RequestContext): Promise<readonly Buffer[] | null>
}

export interface RequestOptions {
  readonly advertisedMin?: number
  readonly readsInPlace?: boolean
}

/**
 * Declares a request. The handler gets the decoded request and answers with what the message's response encoder
 * takes, or null when the protocol wants no response.
 */
export const defineRequest = <RequestOut, RequestIn, ResponseOut, ResponseIn>(
  message: Message<RequestOut, RequestIn, ResponseOut, ResponseIn>,
  handler: (request: RequestOut, context: RequestContext) => Promise<ResponseIn | null>,
  options: RequestOptions = {},
): RequestDefinition => ({
  apiKey: message.key,
  name: message.name,
  advertisedMin: options.advertisedMin ?? message.versionMin,
  versionMin: message.versionMin,
  versionMax: message.versionMax,
  readsInPlace: options.readsInPlace ?? false,
  isFlexible: (version) => message.isFlexible(version),
  handle: async (reader, context) => {
    const request = message.decodeRequest(context.apiVersion, reader)
    const response = await handler(request, context)
    if (response === null) return null
    return responseFrame(message, context.apiVersion, context.correlationId, response)
  },
})
