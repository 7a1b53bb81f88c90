/** The admin port on the client's own: its errors become faults that name what was asked for. */
import { type Admin, isKafkaError, type KafkaError, type KafkaErrorCode } from 'sluice-kafka-client/parts'
import type {
  GroupOffset,
  GroupState,
  KafkaAdmin,
  NewTopic,
  TopicOffsetsState,
  TopicSetting,
  TopicState,
} from '../../../flow/kafka-ports.ts'
import { type Fault, fault, messageOf } from '../../../kernel/faults/index.ts'
import { faultOf, isUnknownTopic } from './faults.ts'

type Refusals = Partial<Record<KafkaErrorCode, (error: KafkaError) => Fault>>

/** What a cluster may say to whoever names a topic. */
const topicRefusals = (topic: string): Refusals => {
  const refused = ({ problem }: KafkaError): Fault => fault('TOPIC_REFUSED', { topic, problem })
  return {
    UNKNOWN_TOPIC: () => fault('NOT_FOUND', { kind: 'topic', name: topic }),
    TOPIC_EXISTS: () => fault('TOPIC_EXISTS', { topic }),
    TOPIC_REFUSED: refused,
    NOT_AUTHORIZED: refused,
  }
}

const groupRefusals = (name: string): Refusals => ({
  UNKNOWN_TOPIC: ({ about }) => fault('NOT_FOUND', { kind: 'partition', name: about }),
  UNKNOWN_GROUP: () => fault('NOT_FOUND', { kind: 'group', name }),
  GROUP_IN_USE: () =>
    fault('CONFLICT', { what: `Group ${name}`, problem: 'has members; they have to leave first' }),
})

const ask = async <Answer>(what: string, refusals: Refusals, answer: Promise<Answer>): Promise<Answer> => {
  try {
    return await answer
  } catch (error) {
    if (!isKafkaError(error)) throw error
    const isTheirs = error.code !== 'UNKNOWN_TOPIC' || isUnknownTopic(error)
    const refusal = isTheirs ? refusals[error.code]?.(error) : undefined
    throw refusal ?? faultOf(error) ?? fault('UNAVAILABLE', { what, problem: messageOf(error) }, error)
  }
}

export class KafkaAdministrator implements KafkaAdmin {
  readonly #admin: Admin

  constructor(admin: Admin) {
    this.#admin = admin
  }

  cluster(): ReturnType<KafkaAdmin['cluster']> {
    return ask('Kafka', {}, this.#admin.cluster())
  }

  topics(): ReturnType<KafkaAdmin['topics']> {
    return ask('Kafka', {}, this.#admin.topics())
  }

  topic(name: string): Promise<TopicState | null> {
    return ask(`topic ${name}`, {}, this.#admin.topic(name))
  }

  topicConfigs(name: string): Promise<Readonly<Record<string, string>>> {
    return ask(`settings of topic ${name}`, topicRefusals(name), this.#admin.topicConfigs(name))
  }

  createTopic(topic: NewTopic): Promise<void> {
    return ask(`creating topic ${topic.name}`, topicRefusals(topic.name), this.#admin.createTopic(topic))
  }

  deleteTopic(name: string): Promise<void> {
    return ask(`deleting topic ${name}`, topicRefusals(name), this.#admin.deleteTopic(name))
  }

  offsetsAt(topic: string, timeMs: number): Promise<ReadonlyMap<number, bigint>> {
    return ask(`offsets of topic ${topic}`, topicRefusals(topic), this.#admin.offsetsAt(topic, timeMs))
  }

  offsetsAtTimes(topic: string, timesMs: readonly number[]): Promise<readonly ReadonlyMap<number, bigint>[]> {
    const answer = this.#admin.offsetsAtTimes(topic, timesMs)
    return ask(`offsets of topic ${topic}`, topicRefusals(topic), answer)
  }

  groupOffsets(group: string): Promise<readonly GroupOffset[]> {
    return ask(`offsets of group ${group}`, {}, this.#admin.groupOffsets(group))
  }

  groups(): Promise<readonly GroupState[]> {
    return ask('consumer groups', {}, this.#admin.groups())
  }

  group(name: string): Promise<GroupState | null> {
    return ask(`group ${name}`, {}, this.#admin.group(name))
  }

  moveGroup(name: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void> {
    return ask(`group ${name}`, groupRefusals(name), this.#admin.moveGroup(name, topic, offsets))
  }

  deleteGroup(name: string): Promise<void> {
    return ask(`group ${name}`, groupRefusals(name), this.#admin.deleteGroup(name))
  }

  catalogue(): Promise<readonly TopicOffsetsState[]> {
    return ask('topics', {}, this.#admin.catalogue())
  }

  topicSizes(): Promise<ReadonlyMap<string, number> | null> {
    return ask('sizes of topics', {}, this.#admin.topicSizes())
  }

  newestTimes(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return ask('newest records', {}, this.#admin.newestTimes(topics))
  }

  retentions(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return ask('settings of topics', {}, this.#admin.retentions(topics))
  }

  topicSettings(name: string): Promise<readonly TopicSetting[]> {
    return ask(`settings of topic ${name}`, topicRefusals(name), this.#admin.topicSettings(name))
  }

  changeTopicSettings(
    name: string,
    settings: ReadonlyMap<string, string | null>,
    validateOnly: boolean,
  ): Promise<void> {
    const changed = this.#admin.changeTopicSettings(name, settings, validateOnly)
    return ask(`settings of topic ${name}`, topicRefusals(name), changed)
  }

  addPartitions(name: string, total: number): Promise<void> {
    return ask(`partitions of topic ${name}`, topicRefusals(name), this.#admin.addPartitions(name, total))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin[Symbol.asyncDispose]()
  }
}
