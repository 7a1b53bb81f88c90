/** The `pipelines` of a configuration: sources, transforms and sinks against their definitions, and against each other. */
import type { SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import {
  defaultRetryPolicy,
  type PartDefinition,
  type RetryPolicy,
  type StepDefinition,
} from '../flow/pipeline.ts'
import { limits } from '../kernel/limits.ts'
import { parseDurationMs } from '../kernel/units.ts'
import type { TransformDefinition } from '../transforms/define.ts'
import type { ConfiguredPipeline } from './configuration.ts'
import { checkTopics } from './cross-checks.ts'
import { canonicalText, fingerprintOf } from './fingerprint.ts'
import { type FitContext, fit, meant, quoted } from './fit.ts'
import { entryOf, type Located, type LocatedEntry, type LocatedMap, shown } from './located.ts'
import { readConnector, readTransforms } from './parts.ts'
import { isSchemaNode, textOf } from './schema-nodes.ts'
import { pipelineNamePattern, pipelineSettings } from './structure.ts'
import type { TopicsRead } from './topics.ts'

export interface PipelinesContext extends FitContext {
  readonly readJson: (path: string) => unknown
  readonly sources: readonly SourceDefinition[]
  readonly sinks: readonly SinkDefinition[]
  readonly transforms: readonly TransformDefinition[]
  readonly topics: TopicsRead
}

export interface PipelinesRead {
  readonly pipelines: readonly ConfiguredPipeline[]
  readonly disabled: readonly string[]
  /** What stands in pipelines that are switched off: variables may be missing there. */
  readonly disabledNodes: ReadonlySet<Located>
}

const keys = ['source', 'transforms', 'sink', ...Object.keys(pipelineSettings)]
const namePattern = new RegExp(pipelineNamePattern)

const isOff = (value: unknown): boolean => value === false || value === '' || value === 'false'

const retryOf = (value: unknown): RetryPolicy => {
  if (!isSchemaNode(value)) return defaultRetryPolicy
  return {
    firstMs: parseDurationMs(textOf(value['first'])) ?? defaultRetryPolicy.firstMs,
    mostMs: parseDurationMs(textOf(value['most'])) ?? defaultRetryPolicy.mostMs,
    degradedAfter: Number(value['degraded_after'] ?? defaultRetryPolicy.degradedAfter),
  }
}

const lintSettings = (node: LocatedMap, path: readonly string[], context: FitContext) => {
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(pipelineSettings)) {
    const given = entryOf(node, name)?.value
    if (given === undefined) continue
    values[name] = fit(given, { ...schema }, { what: name, path: [...path, name] }, context)
  }
  return values
}

const checkKeys = (node: LocatedMap, name: string, context: FitContext): void => {
  for (const entry of node.entries) {
    if (keys.includes(entry.key)) continue
    context.report.error(
      entry.keyOffset,
      `the pipeline ${name} has no ${quoted(entry.key)}`,
      meant(entry.key, keys),
    )
  }
}

interface Parts {
  readonly source: PartDefinition | undefined
  readonly steps: readonly StepDefinition[]
  readonly sink: PartDefinition | undefined
}

/** The schema of what comes out of the source, where the file says it. */
const sourceSchema = (source: PartDefinition | undefined, topics: TopicsRead): unknown => {
  if (source?.use !== 'kafka' || !isSchemaNode(source.options)) return null
  const name = source.options['topic']
  return topics.topics.find((topic) => topic.name === name)?.schema ?? null
}

const lintParts = (
  node: LocatedMap,
  name: string,
  path: readonly string[],
  context: PipelinesContext,
): Parts => {
  const lacking = (part: string): void => {
    context.report.error(
      node.offset,
      `the pipeline ${name} lacks ${quoted(part)}`,
      `add ${part}: { kafka: { topic: … } }`,
    )
  }
  const sourceNode = entryOf(node, 'source')?.value
  const sinkNode = entryOf(node, 'sink')?.value
  if (sourceNode === undefined) lacking('source')
  if (sinkNode === undefined) lacking('sink')
  const source =
    sourceNode && readConnector(sourceNode, 'source', context.sources, [...path, 'source'], context)
  const steps = readTransforms(entryOf(node, 'transforms')?.value, {
    context,
    path: [...path, 'transforms'],
    eventSchema: sourceSchema(source, context.topics),
  })
  const sink = sinkNode && readConnector(sinkNode, 'sink', context.sinks, [...path, 'sink'], context)
  return { source, steps, sink }
}

/** Secrets below a path, with the path taken off. */
const secretsBelow = (secrets: ReadonlyMap<string, string>, path: readonly string[]): Map<string, string> => {
  const prefix = `${path.join('/')}/`
  return new Map(
    [...secrets].filter(([at]) => at.startsWith(prefix)).map(([at, text]) => [at.slice(prefix.length), text]),
  )
}

const definePipeline = (
  name: string,
  parts: Parts,
  settings: Readonly<Record<string, unknown>>,
  /** What the files say that the pipeline names. */
  files: readonly unknown[],
  secrets: ReadonlyMap<string, string>,
): ConfiguredPipeline | undefined => {
  const { source, steps, sink } = parts
  if (source === undefined || sink === undefined) return undefined
  const retry = retryOf(settings['retry'])
  const meaning = {
    source: { [source.use]: source.options },
    transforms: steps.map((step) => ({ id: step.id, [step.use]: step.options })),
    sink: { [sink.use]: sink.options },
    retry,
    ...(files.length === 0 ? {} : { files }),
  }
  return {
    name,
    description: textOf(settings['description']) || null,
    source,
    steps,
    sink,
    retry,
    fingerprint: fingerprintOf(canonicalText(meaning, secrets)),
  }
}

const lintPipeline = (
  entry: LocatedEntry,
  context: PipelinesContext,
): { readonly off: boolean; readonly pipeline: ConfiguredPipeline | undefined } => {
  const path = ['pipelines', entry.key]
  if (!namePattern.test(entry.key)) {
    const fix = 'small letters, digits and "-", a letter first, at most 63'
    context.report.error(entry.keyOffset, `${quoted(entry.key)} is no name for a pipeline`, fix)
  }
  if (entry.value.kind !== 'map') {
    const problem = `the pipeline ${entry.key} must be a mapping, not ${shown(entry.value)}`
    context.report.error(entry.value.offset, problem, 'give it a source and a sink')
    return { off: false, pipeline: undefined }
  }
  checkKeys(entry.value, entry.key, context)
  const settings = lintSettings(entry.value, path, context)
  // What files say is part of the meaning: a changed schema is a changed pipeline.
  const files: unknown[] = []
  const readJson = (file: string): unknown => {
    const read = context.readJson(file)
    files.push({ file, read })
    return read
  }
  const parts = lintParts(entry.value, entry.key, path, { ...context, readJson })
  const pipeline = definePipeline(entry.key, parts, settings, files, secretsBelow(context.secrets, path))
  return { off: isOff(settings['enabled']), pipeline }
}

/** Reads `pipelines`; what is wrong goes to the report. */
export const lintPipelines = (node: Located | undefined, context: PipelinesContext): PipelinesRead => {
  const nothing = { pipelines: [], disabled: [], disabledNodes: new Set<Located>() }
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return nothing
  if (node.kind !== 'map') {
    context.report.error(
      node.offset,
      `pipelines must be a mapping, not ${shown(node)}`,
      'write pipelines: { name: … }',
    )
    return nothing
  }
  if (node.entries.length > limits.pipelinesMax) {
    context.report.error(
      node.offset,
      `there are ${node.entries.length} pipelines`,
      `at most ${limits.pipelinesMax}`,
    )
    return nothing
  }
  const read = node.entries.map((entry) => ({ entry, ...lintPipeline(entry, context) }))
  const on = read.filter((one) => !one.off)
  checkTopics(
    on.flatMap(({ entry, pipeline }) => (pipeline === undefined ? [] : [{ entry, pipeline }])),
    context.topics.topics,
    context.report,
  )
  const off = read.filter((one) => one.off)
  return {
    pipelines: on.flatMap(({ pipeline }) => pipeline ?? []),
    disabled: off.map(({ entry }) => entry.key),
    disabledNodes: new Set(off.map(({ entry }) => entry.value)),
  }
}
