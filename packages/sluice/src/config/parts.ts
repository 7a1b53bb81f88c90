/** Sources, sinks and transforms of a pipeline, against their definitions. */
import type { OptionProblem, SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import type { PartDefinition, StepDefinition } from '../flow/pipeline.ts'
import type { TransformDefinition } from '../transforms/define.ts'
import { type FitContext, fit, meant, quoted } from './fit.ts'
import { type Located, type LocatedEntry, type LocatedMap, nodeAt, shown } from './located.ts'
import { isSchemaNode } from './schema-nodes.ts'
import { topicNameProblem } from './topics.ts'

const emptyMap = (offset: number): LocatedMap => ({ kind: 'map', entries: [], offset })

/** Options as a mapping: `host` alone, and `host:` with nothing, have none. */
const optionsNode = (node: Located | undefined, offset: number): Located =>
  node === undefined || (node.kind === 'scalar' && node.value === null) ? emptyMap(offset) : node

const reportProblems = (problems: readonly OptionProblem[], options: Located, context: FitContext): void => {
  for (const { path, offset, problem, fix } of problems) {
    const node = nodeAt(options, path)
    if (node.kind === 'scalar' && node.reference !== null) {
      // What is wrong could quote the variable's value.
      context.report.error(node.offset, `${shown(node)} does not work here`, 'check what the variable holds')
    } else {
      const at = node.kind === 'scalar' && offset !== null ? node.offsetOf(offset) : node.offset
      context.report.error(at, problem, fix)
    }
  }
}

/** The one key of `{ kafka: { … } }`, with its place. */
const onlyEntry = (
  node: Located,
  what: string,
  known: readonly string[],
  context: FitContext,
): LocatedEntry | undefined => {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.reference === null) {
    return { key: node.value, keyOffset: node.offset, value: emptyMap(node.offset) }
  }
  if (node.kind !== 'map' || node.entries.length === 0) {
    if (node.kind === 'scalar' && node.problems.length > 0) return undefined
    const problem = `${what} must name one of ${known.join(', ')}, not ${shown(node)}`
    context.report.error(node.offset, problem, `write { ${known[0]}: { … } }`)
    return undefined
  }
  const second = node.entries[1]
  if (second !== undefined) {
    const names = node.entries.map((entry) => entry.key).join(' and ')
    context.report.error(second.keyOffset, `${what} names more than one: ${names}`, 'keep one of them')
    return undefined
  }
  return node.entries[0]
}

const checkTopicOption = (options: unknown, node: Located, context: FitContext): void => {
  const topic = isSchemaNode(options) ? options['topic'] : undefined
  const problem = typeof topic === 'string' ? topicNameProblem(topic) : undefined
  if (problem !== undefined) reportProblems([{ path: ['topic'], offset: 0, ...problem }], node, context)
}

/** Reads a source or sink; undefined where it is not fit for use (then there is a finding). */
export const readConnector = (
  node: Located,
  role: 'source' | 'sink',
  definitions: readonly (SourceDefinition | SinkDefinition)[],
  path: readonly string[],
  context: FitContext,
): PartDefinition | undefined => {
  const names = definitions.map((definition) => definition.name)
  const entry = onlyEntry(node, role, names, context)
  if (entry === undefined) return undefined
  const definition = definitions.find((one) => one.name === entry.key)
  if (definition === undefined) {
    context.report.error(entry.keyOffset, `there is no ${role} ${quoted(entry.key)}`, meant(entry.key, names))
    return undefined
  }
  const before = context.report.errors()
  const given = optionsNode(entry.value, entry.keyOffset)
  const place = { what: `the ${entry.key} ${role}`, path: [...path, entry.key] }
  const options = fit(given, { ...definition.options }, place, context)
  if (context.report.errors() > before) return undefined
  if (entry.key === 'kafka') checkTopicOption(options, given, context)
  reportProblems(definition.examine?.(options) ?? [], given, context)
  return { use: entry.key, options }
}

interface TransformsReading {
  readonly context: FitContext & {
    readonly transforms: readonly TransformDefinition[]
    readonly readJson: (path: string) => unknown
  }
  readonly path: readonly (string | number)[]
  readonly eventSchema: unknown
}

const idPattern = /^[a-z][a-z0-9-]{0,62}$/

/** Splits `{ id: …, filter: … }`. */
const splitStep = (
  node: Located,
  reading: TransformsReading,
): { entry: LocatedEntry; id: LocatedEntry | undefined } | undefined => {
  const { report, transforms } = reading.context
  const names = transforms.map((definition) => definition.name)
  if (node.kind !== 'map') {
    report.error(node.offset, `a transform must be a mapping, not ${shown(node)}`, `write - ${names[0]}: …`)
    return undefined
  }
  const id = node.entries.find((entry) => entry.key === 'id')
  const rest: LocatedMap = { ...node, entries: node.entries.filter((entry) => entry !== id) }
  const entry = onlyEntry(rest, 'a transform', names, reading.context)
  return entry === undefined ? undefined : { entry, id }
}

const stepId = (
  use: string,
  given: LocatedEntry | undefined,
  taken: ReadonlySet<string>,
  context: FitContext,
): string => {
  if (given === undefined) {
    let id = use
    for (let number = 2; taken.has(id); number++) id = `${use}-${number}`
    return id
  }
  const { value } = given
  const id = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : ''
  if (!idPattern.test(id)) {
    context.report.error(
      value.offset,
      `id cannot be ${shown(value)}`,
      'small letters, digits and "-", a letter first',
    )
  } else if (taken.has(id)) {
    context.report.error(value.offset, `two transforms have the id ${quoted(id)}`, 'give each its own')
  }
  return id
}

/** Puts a bare text under the option that it stands for. */
const unfold = (entry: LocatedEntry, definition: TransformDefinition): Located => {
  const { value } = entry
  if (definition.shorthand === null || value.kind !== 'scalar' || value.value === null) {
    return optionsNode(value, entry.keyOffset)
  }
  const folded: LocatedEntry = { key: definition.shorthand, keyOffset: value.offset, value }
  return { kind: 'map', entries: [folded], offset: value.offset }
}

/** Reads `transforms`, keeping track of what is known of the bodies from step to step. */
export const readTransforms = (node: Located | undefined, reading: TransformsReading): StepDefinition[] => {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  const { context } = reading
  if (node.kind !== 'list') {
    context.report.error(
      node.offset,
      `transforms must be a list, not ${shown(node)}`,
      'begin each with a dash: - filter: …',
    )
    return []
  }
  const steps: StepDefinition[] = []
  const taken = new Set<string>()
  let eventSchema = reading.eventSchema
  for (const [i, item] of node.items.entries()) {
    const split = splitStep(item, reading)
    if (split === undefined) continue
    const { entry } = split
    const names = context.transforms.map((one) => one.name)
    const definition = context.transforms.find((one) => one.name === entry.key)
    if (definition === undefined) {
      context.report.error(
        entry.keyOffset,
        `there is no transform ${quoted(entry.key)}`,
        meant(entry.key, names),
      )
      eventSchema = null
      continue
    }
    const id = stepId(entry.key, split.id, taken, context)
    taken.add(id)
    const before = context.report.errors()
    const given = unfold(entry, definition)
    const place = { what: `the ${entry.key} transform`, path: [...reading.path, i, entry.key] }
    const options = fit(given, { ...definition.options }, place, context)
    if (context.report.errors() > before || hasMissing(given)) {
      eventSchema = null
      continue
    }
    const examined = definition.examine(options, { id, eventSchema, readJson: context.readJson })
    reportProblems(examined.problems, given, context)
    eventSchema = examined.eventSchema
    steps.push({ id, use: entry.key, options })
  }
  return steps
}

const hasMissing = (node: Located): boolean => {
  if (node.kind === 'scalar') return node.problems.length > 0
  return node.kind === 'list'
    ? node.items.some(hasMissing)
    : node.entries.some((entry) => hasMissing(entry.value))
}
