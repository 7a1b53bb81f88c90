/** The `topics` of a configuration. */
import { messageOf } from '../kernel/faults/index.ts'
import type { TopicDeclaration } from './configuration.ts'
import { type FitContext, fit, quoted } from './fit.ts'
import { entryOf, type Located, type LocatedEntry, shown } from './located.ts'
import { isSchemaNode, textOf } from './schema-nodes.ts'
import { topicNamePattern, topicSettings } from './structure.ts'

export interface TopicsRead {
  readonly topics: readonly TopicDeclaration[]
}

const namePattern = new RegExp(topicNamePattern)

/** What is wrong with a topic's name; undefined where it is fine. */
export const topicNameProblem = (
  name: string,
): { readonly problem: string; readonly fix: string } | undefined => {
  if (name === '.' || name === '..' || !namePattern.test(name)) {
    return {
      problem: `${quoted(name)} is no name for a topic`,
      fix: 'letters, digits, ".", "_" and "-", at most 249',
    }
  }
  if (/^\d+$/.test(name)) {
    return {
      problem: `the topic name ${quoted(name)} has digits only`,
      fix: 'add a letter: numbers are ids of topics',
    }
  }
  if (name.startsWith('__')) {
    return {
      problem: `the topic name ${quoted(name)} is reserved`,
      fix: 'names that begin with __ are internal',
    }
  }
  return undefined
}

const absent = (offset: number): Located => ({ kind: 'map', entries: [], offset })

const readSchema = (
  value: unknown,
  node: Located | undefined,
  context: FitContext,
  readJson: (path: string) => unknown,
): unknown => {
  if (typeof value !== 'string') return value ?? null
  try {
    return readJson(value)
  } catch (error) {
    const offset = node?.offset ?? 0
    context.report.error(
      offset,
      `the schema ${shown(node ?? absent(0))} cannot be read: ${messageOf(error)}`,
      'check the path',
    )
    return null
  }
}

const lintTopic = (
  entry: LocatedEntry,
  context: FitContext,
  readJson: (path: string) => unknown,
): TopicDeclaration => {
  const named = topicNameProblem(entry.key)
  if (named !== undefined) context.report.error(entry.keyOffset, named.problem, named.fix)
  const isEmpty = entry.value.kind === 'scalar' && entry.value.value === null
  const node = isEmpty ? absent(entry.keyOffset) : entry.value
  const place = { what: `the topic ${entry.key}`, path: ['topics', entry.key] }
  const fitted = fit(node, { ...topicSettings }, place, context)
  const value = isSchemaNode(fitted) ? fitted : {}
  const configs = isSchemaNode(value['configs']) ? value['configs'] : {}
  return {
    name: entry.key,
    partitions: Number(value['partitions'] ?? 1),
    replicationFactor: Number(value['replication_factor'] ?? 1),
    configs: Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, String(config)])),
    type: textOf(value['type']) || null,
    description: textOf(value['description']) || null,
    schema: readSchema(value['schema'], entryOf(node, 'schema')?.value, context, readJson),
  }
}

/** Reads `topics`; what is wrong goes to the report. */
export const lintTopics = (
  node: Located | undefined,
  context: FitContext,
  readJson: (path: string) => unknown,
): TopicsRead => {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return { topics: [] }
  if (node.kind !== 'map') {
    context.report.error(
      node.offset,
      `topics must be a mapping, not ${shown(node)}`,
      'write topics: { orders: {} }',
    )
    return { topics: [] }
  }
  return { topics: node.entries.map((entry) => lintTopic(entry, context, readJson)) }
}
