/** What can only be seen looking at several pipelines and topics together. */
import type { PartDefinition } from '../flow/pipeline.ts'
import { nearest } from '../kernel/near-miss.ts'
import type { ConfiguredPipeline, TopicDeclaration } from './configuration.ts'
import type { Report } from './findings.ts'
import { quoted } from './fit.ts'
import { type LocatedEntry, nodeAt } from './located.ts'
import { isSchemaNode } from './schema-nodes.ts'

interface ReadPipeline {
  readonly entry: LocatedEntry
  readonly pipeline: ConfiguredPipeline
}

const topicOf = (part: PartDefinition): string | undefined => {
  const topic = part.use === 'kafka' && isSchemaNode(part.options) ? part.options['topic'] : undefined
  return typeof topic === 'string' ? topic : undefined
}

const placeOf = ({ entry }: ReadPipeline, role: 'source' | 'sink'): number =>
  nodeAt(entry.value, [role, 'kafka', 'topic']).offset

/** A topic that is read or written but declared nowhere, with a name near one that is: most likely a slip. */
const checkNearMisses = (
  read: readonly ReadPipeline[],
  declared: readonly string[],
  report: Report,
): void => {
  for (const one of read) {
    for (const role of ['source', 'sink'] as const) {
      const topic = topicOf(one.pipeline[role])
      if (topic === undefined || declared.includes(topic)) continue
      const near = nearest(topic, declared)
      if (near === undefined) continue
      report.warn(
        placeOf(one, role),
        `the topic ${quoted(topic)} is not declared`,
        `did you mean ${quoted(near)}?`,
      )
    }
  }
}

export const checkTopics = (
  read: readonly ReadPipeline[],
  topics: readonly TopicDeclaration[],
  report: Report,
): void => {
  for (const one of read) {
    const from = topicOf(one.pipeline.source)
    if (from === undefined || from !== topicOf(one.pipeline.sink)) continue
    const problem = `the pipeline ${one.pipeline.name} writes to the topic that it reads: it would never end`
    report.error(placeOf(one, 'sink'), problem, 'write to another topic')
  }
  checkNearMisses(
    read,
    topics.map((topic) => topic.name),
    report,
  )
}
