/** Which topics a pipeline reads and writes, and making those that the file declares. */
import type { ConfiguredPipeline, TopicDeclaration } from '../config/configuration.ts'
import type { KafkaAdmin } from '../flow/kafka-ports.ts'
import type { PartDefinition } from '../flow/pipeline.ts'
import { isFault } from '../kernel/faults/index.ts'

const topicOf = (part: PartDefinition): readonly string[] => {
  const { use, options } = part
  if (use !== 'kafka' || typeof options !== 'object' || options === null || !('topic' in options)) return []
  return typeof options.topic === 'string' ? [options.topic] : []
}

export const topicsRead = (pipeline: ConfiguredPipeline): readonly string[] => topicOf(pipeline.source)
export const topicsWritten = (pipeline: ConfiguredPipeline): readonly string[] => topicOf(pipeline.sink)

/** The consumer group of a pipeline that reads a topic: as it is configured, else named after it. */
export const groupOf = (pipeline: ConfiguredPipeline, namespace: string): string | null => {
  const { use, options } = pipeline.source
  if (use !== 'kafka' || typeof options !== 'object' || options === null) return null
  return 'group' in options && typeof options.group === 'string'
    ? options.group
    : `${namespace}.${pipeline.name}`
}

/** Makes the declared topics that are not there; never changes one that is. Resolves to those it made. */
export const createDeclaredTopics = async (
  admin: Pick<KafkaAdmin, 'topics' | 'createTopic'>,
  declared: readonly TopicDeclaration[],
): Promise<readonly string[]> => {
  if (declared.length === 0) return []
  const present = new Set((await admin.topics()).map((topic) => topic.name))
  const made: string[] = []
  for (const topic of declared.filter(({ name }) => !present.has(name))) {
    try {
      await admin.createTopic(topic)
      made.push(topic.name)
    } catch (error) {
      // Another server, or a client's first record, was faster.
      if (!isFault(error) || error.code !== 'TOPIC_EXISTS') throw error
    }
  }
  return made
}
