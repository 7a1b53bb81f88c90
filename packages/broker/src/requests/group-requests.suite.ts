/**
 * Asks request definitions as a client would: bytes in, bytes out, in any version, with a coordinator behind them whose
 * clock only moves when told.
 */
import { type Message, Reader, readResponseHeader, Writer } from 'sluice-kafka-protocol'
import { newRig, type Rig } from '../coordinators/coordinator-rig.suite.ts'
import type { GroupLimits } from '../coordinators/group-state.ts'
import { MemoryTopics } from '../coordinators/memory-topics.suite.ts'
import type { Broker, RequestContext, RequestDefinition } from './define.ts'

const frameSizeBytes = 4

/** A broker with the topics `orders` and `clicks`, three partitions each. */
export class GroupBroker {
  readonly rig: Rig
  readonly topics = new MemoryTopics('orders', 'clicks')

  constructor(rig: Rig) {
    this.rig = rig
  }

  /** The id of a topic. */
  topicId(name: string): string {
    return this.topics.registry.get(name)?.id ?? ''
  }

  /** Sends a request in this version and reads the answer. */
  async ask<RequestIn, ResponseOut>(
    definition: RequestDefinition,
    message: Message<unknown, RequestIn, ResponseOut, never>,
    version: number,
    request: RequestIn,
  ): Promise<ResponseOut> {
    const writer = new Writer()
    message.encodeRequest(version, request, writer)
    const chunks = await definition.handle(new Reader(writer.toBuffer()), this.#context(message.key, version))
    if (chunks === null) throw new Error(`${message.name} was not answered`)
    const reader = new Reader(Buffer.concat(chunks), frameSizeBytes)
    readResponseHeader(reader, message, version)
    return message.decodeResponse(version, reader)
  }

  #context(apiKey: number, apiVersion: number): RequestContext {
    const { coordinator: groups, clock } = this.rig
    const topics = this.topics.registry
    const broker = { nodeId: 7, groups, topics, clock, settings: { advertised: null } } as unknown as Broker
    const connection = { localAddress: '127.0.0.1', localPort: 9092, remoteAddress: '127.0.0.1' }
    return { broker, connection, apiKey, apiVersion, correlationId: 1, clientId: 'app' } as RequestContext
  }
}

/** A broker with an empty coordinator. */
export const groupBroker = async (limits: Partial<GroupLimits> = {}): Promise<GroupBroker> =>
  new GroupBroker(await newRig(limits))
