/**
 * Positions of Kafka lanes: `kafka:1:<topic id>:<offset of the next record>`. A lane is `<topic>/<partition>`.
 *
 * The topic's id is part of the position, so that a topic made anew is never taken for the old one.
 */

export interface KafkaPosition {
  /** '' where the broker knows no ids. */
  readonly topicId: string
  readonly offset: bigint
}

const prefix = 'kafka:1:'

export const formatPosition = ({ topicId, offset }: KafkaPosition): string => `${prefix}${topicId}:${offset}`

/** undefined where the text is no position of Kafka's, or of a version nobody knows yet. */
export const parsePosition = (text: string): KafkaPosition | undefined => {
  const parts = /^kafka:1:([\w-]*):(\d{1,19})$/.exec(text)
  const [topicId, offset] = [parts?.[1], parts?.[2]]
  return topicId === undefined || offset === undefined ? undefined : { topicId, offset: BigInt(offset) }
}

export const laneOf = (topic: string, partition: number): string => `${topic}/${partition}`

export const lanesOf = (topic: string, partitions: readonly number[]): string[] =>
  partitions.map((partition) => laneOf(topic, partition))

/** undefined where the text is no lane of Kafka's. */
export const partitionOf = (lane: string): number | undefined => {
  const text = /\/(\d{1,9})$/.exec(lane)?.[1]
  return text === undefined ? undefined : Number(text)
}
