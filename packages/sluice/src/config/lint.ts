/**
 * Checks a configuration file and gives what it says.
 *
 * - Every problem is found at once, each with its place; nothing thrown, whatever the text.
 * - Touches nothing itself: variables, secret files and schema files come through arguments.
 */
import type { SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { LogLevel } from '../kernel/logger.ts'
import { logLevels } from '../kernel/logger.ts'
import { parseDurationMs, parseSizeBytes } from '../kernel/units.ts'
import type { TransformDefinition } from '../transforms/define.ts'
import type { Configuration } from './configuration.ts'
import { type Environment, LineCounter, readDocument } from './document.ts'
import { createReport, type Finding, type Report } from './findings.ts'
import { type FitContext, fit, meant, quoted } from './fit.ts'
import { checkKafka, kafkaOf } from './kafka-settings.ts'
import { entryOf, type Located, shown } from './located.ts'
import { lintPipelines, type PipelinesRead } from './pipelines.ts'
import { isSchemaNode, textOf } from './schema-nodes.ts'
import { topSettings } from './structure.ts'
import { lintTopics, type TopicsRead } from './topics.ts'

export interface LintOptions {
  /** Stands before each finding. */
  readonly fileName: string
  readonly environment: Environment
  /** The text of a secret file, relative to the configuration. @throws Error with a sentence */
  readonly readSecretFile: (path: string) => string
  /** A JSON file, relative to the configuration, parsed. @throws Error with a sentence */
  readonly readJson: (path: string) => unknown
  /** Makes a path absolute that is relative to the configuration. */
  readonly pathOf: (path: string) => string
  readonly sources: readonly SourceDefinition[]
  readonly sinks: readonly SinkDefinition[]
  readonly transforms: readonly TransformDefinition[]
}

export interface LintResult {
  /** By place. */
  readonly findings: readonly Finding[]
  /** null where there is an error among the findings. */
  readonly configuration: Configuration | null
}

const keepMsByDefault = 7 * 86_400_000
const keepBytesByDefault = 256 * 1024 * 1024

const topKeys = [...Object.keys(topSettings), 'topics', 'pipelines']

const isListed = <Names extends readonly string[]>(names: Names, value: unknown): value is Names[number] =>
  typeof value === 'string' && names.includes(value)

const loopback = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):/

const checkListen = (root: Located, http: unknown, report: Report): void => {
  if (!isSchemaNode(http) || http['allow_remote'] === true) return
  const listen = entryOf(entryOf(root, 'http')?.value, 'listen')?.value
  if (listen === undefined || loopback.test(textOf(http['listen']))) return
  const problem = `http.listen is reachable beyond this machine: ${shown(listen)}`
  report.error(
    listen.offset,
    problem,
    'listen on 127.0.0.1, or set allow_remote: true behind a proxy that ends TLS',
  )
}

/** Fits the settings at the top; what is missing gets its default. */
const lintTop = (root: Located, context: FitContext): Readonly<Record<string, unknown>> => {
  const values: Record<string, unknown> = {}
  const absent: Located = { kind: 'map', entries: [], offset: 0 }
  for (const [name, schema] of Object.entries(topSettings)) {
    const place = { what: name, path: [name] }
    const node = entryOf(root, name)?.value
    if (node !== undefined) values[name] = fit(node, { ...schema }, place, context)
    else if ('default' in schema) values[name] = schema.default
    else values[name] = fit(absent, { ...schema }, place, context)
  }
  return values
}

const checkTopKeys = (root: Located, report: Report): void => {
  if (root.kind !== 'map') return
  for (const entry of root.entries) {
    if (topKeys.includes(entry.key)) continue
    report.error(entry.keyOffset, `the configuration has no ${quoted(entry.key)}`, meant(entry.key, topKeys))
  }
}

const reportVariables = (node: Located, skipped: ReadonlySet<Located>, report: Report): void => {
  if (skipped.has(node)) return
  if (node.kind === 'list') for (const item of node.items) reportVariables(item, skipped, report)
  else if (node.kind === 'map')
    for (const entry of node.entries) reportVariables(entry.value, skipped, report)
  else for (const { offset, problem, fix } of node.problems) report.error(offset, problem, fix)
}

const configurationOf = (
  top: Readonly<Record<string, unknown>>,
  topics: TopicsRead,
  pipelines: PipelinesRead,
  pathOf: LintOptions['pathOf'],
): Configuration => {
  const { database, http, log } = top
  const level: LogLevel = isSchemaNode(log) && isListed(logLevels, log['level']) ? log['level'] : 'info'
  return {
    namespace: textOf(top['namespace']),
    kafka: kafkaOf(top['kafka'], pathOf),
    database: isSchemaNode(database) ? { url: textOf(database['url']) } : 'embedded',
    http: {
      listen: isSchemaNode(http) ? textOf(http['listen']) : '',
      allowRemote: isSchemaNode(http) && http['allow_remote'] === true,
      hosts: isSchemaNode(http) && Array.isArray(http['hosts']) ? http['hosts'].map(String) : [],
      origins: isSchemaNode(http) && Array.isArray(http['origins']) ? http['origins'].map(String) : [],
      anonymous: isSchemaNode(http) && http['anonymous'] === 'read' ? 'read' : 'none',
    },
    topics: topics.topics,
    pipelines: pipelines.pipelines,
    disabled: pipelines.disabled,
    workers: typeof top['workers'] === 'number' ? top['workers'] : 1,
    log: {
      level,
      format: isSchemaNode(log) && log['format'] === 'json' ? 'json' : 'text',
      keepMs: parseDurationMs(isSchemaNode(log) ? textOf(log['keep']) : '') ?? keepMsByDefault,
      keepBytes: parseSizeBytes(isSchemaNode(log) ? textOf(log['keep_size']) : '') ?? keepBytesByDefault,
    },
  }
}

const lintRoot = (root: Located, options: LintOptions, report: Report): Configuration | null => {
  if (root.kind !== 'map') {
    const isEmpty = root.kind === 'scalar' && root.value === null
    const problem = isEmpty
      ? 'the configuration is empty'
      : `the configuration must be a mapping, not ${shown(root)}`
    report.error(root.offset, problem, 'begin with pipelines:')
    return null
  }
  const context: FitContext = { report, readSecretFile: options.readSecretFile, secrets: new Map() }
  checkTopKeys(root, report)
  const top = lintTop(root, context)
  checkListen(root, top['http'], report)
  checkKafka(root, top['kafka'], options.readSecretFile, report)
  const topics = lintTopics(entryOf(root, 'topics')?.value, context, options.readJson)
  const pipelines = lintPipelines(entryOf(root, 'pipelines')?.value, {
    ...context,
    readJson: options.readJson,
    sources: options.sources,
    sinks: options.sinks,
    transforms: options.transforms,
    topics,
  })
  reportVariables(root, pipelines.disabledNodes, report)
  return report.errors() > 0 ? null : configurationOf(top, topics, pipelines, options.pathOf)
}

/** Checks the text of a configuration; never throws. */
export const lintConfig = (text: string, options: LintOptions): LintResult => {
  const lineCounter = new LineCounter()
  const { report, sorted } = createReport(options.fileName, (offset) => lineCounter.linePos(offset))
  try {
    const root = readDocument(text, options.environment, lineCounter, report)
    const configuration = root === undefined ? null : lintRoot(root, options, report)
    return { findings: sorted(), configuration }
  } catch (error) {
    // A mistake of ours: it is told like any other, so that a running server keeps the configuration it has.
    report.error(0, `it could not be checked: ${messageOf(error)}`, 'please report this')
    return { findings: sorted(), configuration: null }
  }
}
