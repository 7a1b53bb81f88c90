/**
 * One change of topics at a time. Changes read what is there, decide, and write the whole back; two of them at once would
 * lose one.
 */
import { errorCodes } from 'sluice-kafka-protocol'
import type { TopicRegistry } from '../log/topic-registry.ts'
import type { Broker } from './define.ts'

const turns = new WeakMap<TopicRegistry, Promise<unknown>>()

/** Runs `change` when every earlier one of this registry has ended, however it ended. */
export const changeTopics = <Result>(
  topics: TopicRegistry,
  change: () => Promise<Result>,
): Promise<Result> => {
  const earlier = turns.get(topics) ?? Promise.resolve()
  const turn = earlier.then(change, change)
  turns.set(topics, turn)
  return turn
}

/** What stands for a change that worked, and for one that the disk refused. */
export interface ChangeOutcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/**
 * Makes a change and says how it ended: `change` answers false when the topic has gone meanwhile. A disk that refuses is
 * an answer to the client and a line to the operator, not a bug.
 */
export const makeChange = async (
  broker: Broker,
  topic: string,
  change: () => Promise<boolean>,
): Promise<ChangeOutcome> => {
  try {
    if (await change()) return { errorCode: errorCodes.NONE, errorMessage: null }
    return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no topic '${topic}'` }
  } catch (error) {
    broker.report(`${topic}: cannot be changed: ${String(error).replaceAll('\n', ' ')}`)
    return { errorCode: errorCodes.KAFKA_STORAGE_ERROR, errorMessage: 'The disk refused the change' }
  }
}
