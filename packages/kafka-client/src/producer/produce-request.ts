/** Batches of several partitions as one Produce request, and each one's part of the answer. */
import type { Produce, RequestInputOf, ResponseOf } from 'sluice-kafka-protocol'
import { KafkaError } from '../errors/kafka-error.ts'
import type { Lane } from './lane.ts'
import type { ProduceBatch } from './produce-batch.ts'
import type { ProducerOptions } from './producer-options.ts'

/** One batch each of several partitions of one broker. */
export type Shipment = readonly (readonly [lane: Lane, batch: ProduceBatch])[]

type Answer = ResponseOf<typeof Produce>
export type PartitionAnswer = Answer['responses'][number]['partitionResponses'][number]

const brokerTimeoutMs = 15_000

const acksCode: Readonly<Record<ProducerOptions['acks'], number>> = { all: -1, '1': 1, '0': 0 }

export const requestOf = (
  shipment: Shipment,
  { acks, compression, scope }: ProducerOptions,
): RequestInputOf<typeof Produce> => {
  const byTopic = new Map<string, { index: number; records: Buffer }[]>()
  for (const [{ topic, partition: index }, batch] of shipment) {
    const records = batch.bytesFor(compression, scope !== undefined)
    const partitions = byTopic.get(topic)
    if (partitions === undefined) byTopic.set(topic, [{ index, records }])
    else partitions.push({ index, records })
  }
  return {
    transactionalId: scope?.transactionalId ?? null,
    acks: acksCode[acks],
    timeoutMs: brokerTimeoutMs,
    topicData: Array.from(byTopic, ([name, partitionData]) => ({ name, partitionData })),
  }
}

/** undefined where the broker left the partition out. */
export const answerFor = (answer: Answer, lane: Lane): PartitionAnswer | undefined =>
  answer.responses
    .find(({ name }) => name === lane.topic)
    ?.partitionResponses.find(({ index }) => index === lane.partition)

/** @param about the partition */
export const noAnswer = (about: string): KafkaError =>
  new KafkaError('BROKER_NOT_READY', about, 'the broker left it out of its answer')
