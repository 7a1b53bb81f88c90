/**
 * What a client knows of a cluster: its brokers, who leads what, and connections to them.
 *
 * - One connection per broker and purpose, opened on demand, forgotten when it ends; a long poll never delays others.
 * - Knows nothing by heart for longer than it is right: callers drop metadata when a broker contradicts it. Only who led
 *   last is kept, so that a broker that is behind does not send anybody back to a former leader (KIP-320).
 * - No retries here: whoever asks decides how often and how long. But a broker that cannot be reached is tried again only
 *   after a pause, whoever asks.
 */
import { errorCodes, FindCoordinator, Metadata, zeroUuid } from 'sluice-kafka-protocol'
import {
  type BrokerConnection,
  type ConnectionOptions,
  openConnection,
  type RequestOptions,
} from '../connection/connection.ts'
import { Refusals } from '../connection/refusals.ts'
import type { BrokerAddress, ClientMessage } from '../connection/wire.ts'
import { brokerError, throwOn } from '../errors/broker-errors.ts'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import { type Random, systemRandom } from '../support/random.ts'
import { KnownLeaders } from './known-leaders.ts'

export interface ClusterOptions extends ConnectionOptions {
  /** `host:port` of some brokers, by which the others are found. */
  readonly brokers: readonly string[]
  /** The system's where left out. */
  readonly clock?: Clock
  readonly random?: Random
  /** Told when it is closed. */
  readonly onClosed?: () => void
}

export interface PartitionMetadata {
  readonly partition: number
  /** -1 while nobody leads. */
  readonly leader: number
  /** Grows with each change of the leader; -1 where the broker does not tell. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  /** '' where the broker is too old to know ids. */
  readonly id: string
  readonly internal: boolean
  /** By partition number, ascending. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface ClusterMetadata {
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly string[]
  readonly nodeIds: readonly number[]
  readonly topics: readonly TopicMetadata[]
}

export interface FoundTopics {
  readonly found: readonly TopicMetadata[]
  /** Why a topic is not told, by its name. */
  readonly refused: ReadonlyMap<string, KafkaError>
}

/** Before it, epochs in metadata may be older than the leader that they are told with (KAFKA-9212). */
const reliableEpochsSince = 9
const noEpoch = -1
/** What a coordinator is asked for, by the protocol's number. */
const keyTypes = { group: 0, transaction: 1 } as const

const closed = (): KafkaError => new KafkaError('CLOSED', 'the client', 'it was used after its end')

const parseAddress = (text: string): BrokerAddress => {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}

/** The topic is not there, or not yet. */
export const unknownTopic = (name: string): KafkaError =>
  new KafkaError('UNKNOWN_TOPIC', `topic ${name}`, 'there is no such topic')

/** @param about the topic or partition */
export const leaderMissing = (about: string): KafkaError =>
  new KafkaError('LEADER_MISSING', about, 'the cluster names none')

export class KafkaCluster implements Disposable {
  readonly #options: ClusterOptions
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #brokers = new Map<number, BrokerAddress>()
  readonly #coordinators = new Map<string, number>()
  readonly #leaders = new KnownLeaders()
  readonly #refusals: Refusals
  readonly #closing = new AbortController()
  #nextBootstrap = 0

  constructor(options: ClusterOptions) {
    this.#options = options
    this.#refusals = new Refusals(options.clock ?? systemClock, options.random ?? systemRandom)
  }

  /** @throws KafkaError */
  async connectionTo(nodeId: number, purpose: string): Promise<BrokerConnection> {
    const address = this.#brokers.get(nodeId)
    if (address === undefined)
      throw new KafkaError('CONNECTION_LOST', `broker ${nodeId}`, 'its address is not known')
    return await this.#connect(address, purpose)
  }

  /** A connection to any broker that answers: known ones first, then those of the configuration. @throws KafkaError */
  async anyConnection(purpose: string): Promise<BrokerConnection> {
    const known = [...this.#brokers.values(), ...this.#options.brokers.map(parseAddress)]
    const first = this.#nextBootstrap % Math.max(1, known.length)
    const inTurn = [...known.slice(first), ...known.slice(0, first)]
    // Whoever could not be reached a moment ago comes last.
    const addresses = inTurn.toSorted((a, b) => this.#pauseMs(a) - this.#pauseMs(b))
    let last = new KafkaError('OPTION_INVALID', 'brokers', 'it names none')
    for (const address of addresses) {
      try {
        return await this.#connect(address, purpose)
      } catch (error) {
        if (isKafkaError(error) && error.advice === 'give_up') throw error
        this.#nextBootstrap++
        last = isKafkaError(error)
          ? error
          : new KafkaError('CONNECTION_LOST', address.host, messageOf(error), error)
      }
    }
    throw last
  }

  /** One request to any broker. @throws KafkaError */
  async ask<In, Out>(message: ClientMessage<In, Out>, value: In, options?: RequestOptions): Promise<Out> {
    const connection = await this.anyConnection('control')
    return await connection.request(message, value, options)
  }

  /** One request to the controller. @throws KafkaError */
  async askController<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options?: RequestOptions,
  ): Promise<Out> {
    const { controllerId } = await this.metadata([])
    const connection =
      controllerId < 0
        ? await this.anyConnection('control')
        : await this.connectionTo(controllerId, 'control')
    return await connection.request(message, value, options)
  }

  /**
   * Fresh metadata. Topics that do not exist are left out; those whose state is in motion have no leader.
   * @param names null: all topics
   * @throws KafkaError, also where a topic may not be seen
   */
  async metadata(names: readonly string[] | null): Promise<ClusterMetadata> {
    const { refused, ...metadata } = await this.#metadata(names)
    for (const error of refused.values()) throw error
    return metadata
  }

  /** These topics, and why some are not told; those that do not exist are in neither. @throws KafkaError */
  async topics(names: readonly string[]): Promise<FoundTopics> {
    const { topics, refused } = await this.#metadata(names)
    return { found: topics, refused }
  }

  async #metadata(names: readonly string[] | null): Promise<ClusterMetadata & Pick<FoundTopics, 'refused'>> {
    const connection = await this.anyConnection('control')
    const hasEpochs = connection.versionOf(Metadata) >= reliableEpochsSince
    const answer = await connection.request(Metadata, {
      topics: names === null ? null : names.map((name) => ({ name })),
      allowAutoTopicCreation: false,
    })
    const brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    if (brokers.size > 0) {
      this.#brokers.clear()
      for (const [nodeId, address] of brokers) this.#brokers.set(nodeId, address)
    }
    const topics: TopicMetadata[] = []
    const refused = new Map<string, KafkaError>()
    for (const topic of answer.topics) {
      if (topic.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) continue
      const name = topic.name ?? ''
      if (topic.errorCode !== errorCodes.NONE) {
        refused.set(name, brokerError(topic.errorCode, `topic ${name}`))
        continue
      }
      const partitions = topic.partitions
        .map((each) => ({
          partition: each.partitionIndex,
          leader: each.leaderId,
          leaderEpoch: hasEpochs ? each.leaderEpoch : noEpoch,
          replicas: each.replicaNodes,
          inSyncReplicas: each.isrNodes,
        }))
        .sort((a, b) => a.partition - b.partition)
      const id = topic.topicId === zeroUuid ? '' : topic.topicId
      const told = { name, id, internal: topic.isInternal, partitions }
      topics.push(names === null ? told : this.#leaders.merge(told))
    }
    return {
      clusterId: answer.clusterId ?? '',
      controllerId: answer.controllerId,
      brokers: answer.brokers.map(({ host, port }) => `${host}:${port}`),
      nodeIds: answer.brokers.map(({ nodeId }) => nodeId),
      topics,
      refused,
    }
  }

  /** undefined where there is no such topic. @throws KafkaError */
  async topic(name: string): Promise<TopicMetadata | undefined> {
    try {
      return (await this.metadata([name])).topics[0]
    } catch (error) {
      // The topic is being made or has no leader yet: it is not there for us.
      if (isKafkaError(error, 'LEADER_MISSING')) return undefined
      throw error
    }
  }

  /** @throws KafkaError UNKNOWN_TOPIC where there is no such topic, and others */
  async existingTopic(name: string): Promise<TopicMetadata> {
    const topic = await this.topic(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  /**
   * A connection to the coordinator of a group, which is kept in mind until forgotten.
   * @param purpose a connection of the group's own; null: the one that all control requests share
   * @throws KafkaError
   */
  async coordinatorOf(group: string, purpose: string | null = 'group'): Promise<BrokerConnection> {
    const nodeId = await this.#coordinator('group', group)
    return await this.connectionTo(nodeId, purpose === null ? 'control' : `${purpose} ${group}`)
  }

  /** Somebody else may coordinate the group now. */
  forgetCoordinator(group: string): void {
    this.#coordinators.delete(`group ${group}`)
  }

  /** A connection to the coordinator of a transactional id, which is kept in mind until forgotten. @throws KafkaError */
  async transactionCoordinatorOf(transactionalId: string): Promise<BrokerConnection> {
    return await this.connectionTo(await this.#coordinator('transaction', transactionalId), 'control')
  }

  /** Somebody else may coordinate it now. */
  forgetTransactionCoordinator(transactionalId: string): void {
    this.#coordinators.delete(`transaction ${transactionalId}`)
  }

  async #coordinator(kind: keyof typeof keyTypes, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind} ${key}`)
    const nodeId = known ?? (await this.#findCoordinator(kind, key))
    this.#coordinators.set(`${kind} ${key}`, nodeId)
    return nodeId
  }

  async #findCoordinator(kind: keyof typeof keyTypes, key: string): Promise<number> {
    const connection = await this.anyConnection('control')
    const version = connection.versionOf(FindCoordinator)
    const keyType = keyTypes[kind]
    const answer = await connection.request(
      FindCoordinator,
      version < 4 ? { key, keyType } : { keyType, coordinatorKeys: [key] },
    )
    const found = version < 4 ? answer : answer.coordinators[0]
    if (found === undefined)
      throw new KafkaError('BROKER_NOT_READY', `${kind} ${key}`, 'the broker named no coordinator')
    throwOn(found.errorCode, `coordinator of ${kind} ${key}`, found.errorMessage)
    this.#brokers.set(found.nodeId, { host: found.host, port: found.port })
    return found.nodeId
  }

  /** Requests under way fail with CLOSED. */
  [Symbol.dispose](): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close(closed()),
        () => undefined,
      )
    }
    this.#connections.clear()
    this.#options.onClosed?.()
  }

  #pauseMs({ host, port }: BrokerAddress): number {
    return this.#refusals.pauseMs(`${host}:${port}`)
  }

  async #connect(address: BrokerAddress, purpose: string): Promise<BrokerConnection> {
    const signal = this.#closing.signal
    if (signal.aborted) throw closed()
    const where = `${address.host}:${address.port}`
    const key = `${where} ${purpose}`
    const known = this.#connections.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen) return connection
      if (this.#connections.get(key) === known) this.#connections.delete(key)
      return await this.#connect(address, purpose)
    }
    const opening = this.#refusals.open(where, () => openConnection(address, this.#options), signal)
    this.#connections.set(key, opening)
    try {
      const connection = await opening
      if (signal.aborted) {
        connection.close()
        throw closed()
      }
      return connection
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
      throw error
    }
  }
}
