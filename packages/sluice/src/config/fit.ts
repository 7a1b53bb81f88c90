/**
 * Fits a located tree to a schema: finds everything that is wrong, and gives the value with defaults filled in.
 *
 * - Nothing is coerced: a number where text is wanted is told, not turned.
 * - Where text is wanted, `{ file: path }` reads it from a file; it counts as secret.
 */

import { messageOf } from '../kernel/faults/index.ts'
import { nearest } from '../kernel/near-miss.ts'
import { createReport, type Report } from './findings.ts'
import { entryOf, type Located, type LocatedMap, type LocatedScalar, shown } from './located.ts'
import {
  branchesOf,
  choicesOf,
  firstSentence,
  isUnit,
  kindOf,
  type NodeKind,
  propertiesOf,
  recordOf,
  requiredOf,
  type SchemaNode,
  textOf,
  wordsOf,
} from './schema-nodes.ts'

export interface FitContext {
  readonly report: Report
  /** @throws Error with a sentence where the file cannot be read */
  readonly readSecretFile: (path: string) => string
  /** Filled with the places (`a/b/0`) of secret values, each with the text that may stand for it. */
  readonly secrets: Map<string, string>
}

/** What is being fitted, in words, and where in the value. */
export interface FitPlace {
  /** `the postgres sink`, `the topic orders`; for messages. */
  readonly what: string
  readonly path: readonly (string | number)[]
}

const secretName = /password|secret|token|credential|url$|_key$/i

export const pathText = (path: readonly (string | number)[]): string => path.join('/')

export const quoted = (name: string): string => JSON.stringify(name)

/** `did you mean "x"?`, or what there is. */
export const meant = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  if (near !== undefined) return `did you mean ${quoted(near)}?`
  const some = known.slice(0, 12).join(', ')
  return known.length === 0
    ? 'there is nothing to choose from'
    : `known: ${some}${known.length > 12 ? ', …' : ''}`
}

const nameOf = (place: FitPlace): string => {
  const last = place.path.at(-1)
  if (typeof last === 'number') return `item ${last + 1} of ${place.path.at(-2) ?? place.what}`
  return last === undefined ? place.what : String(last)
}

const nodeKind = (node: Located): NodeKind => {
  if (node.kind === 'map') return 'object'
  if (node.kind === 'list') return 'array'
  if (node.value === null) return 'null'
  const type = typeof node.value
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'any'
}

/** A located tree as a plain value. */
export const plainOf = (node: Located): unknown => {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plainOf(entry.value)]))
}

const mismatch = (node: Located, schema: SchemaNode, place: FitPlace, context: FitContext): undefined => {
  const problem = `${nameOf(place)} must be ${wordsOf(schema)}, not ${shown(node)}`
  let fix = textOf(schema['description']) === '' ? '' : firstSentence(schema['description'])
  if (node.kind === 'scalar' && typeof node.value === 'number' && kindOf(schema) === 'string') {
    fix = isUnit(schema) ? 'give it a unit' : 'put it in quotes'
  }
  if (node.kind === 'scalar' && node.value === null) fix = 'give it a value or take the key out'
  context.report.error(node.offset, problem, fix === '' ? 'change it' : fix)
  return undefined
}

const fitChoice = (
  node: Located,
  choices: readonly unknown[],
  schema: SchemaNode,
  place: FitPlace,
  context: FitContext,
): unknown => {
  if (node.kind !== 'scalar') return mismatch(node, schema, place, context)
  if (choices.includes(node.value)) return node.value
  const names = choices.map(String)
  const fix = node.reference === null ? meant(String(node.value), names) : `known: ${names.join(', ')}`
  context.report.error(node.offset, `${nameOf(place)} cannot be ${shown(node)}`, fix)
  return undefined
}

const fitText = (node: LocatedScalar, schema: SchemaNode, place: FitPlace, context: FitContext): unknown => {
  if (typeof node.value !== 'string') return mismatch(node, schema, place, context)
  const { minLength, maxLength, pattern } = schema
  const isTooShort = typeof minLength === 'number' && node.value.length < minLength
  const isTooLong = typeof maxLength === 'number' && node.value.length > maxLength
  if (isTooShort || isTooLong) {
    const wanted = isTooShort ? `at least ${minLength}` : `at most ${maxLength}`
    context.report.error(
      node.offset,
      `${nameOf(place)} is too ${isTooShort ? 'short' : 'long'}`,
      `${wanted} characters`,
    )
    return undefined
  }
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(node.value)) {
    return isUnit(schema) ? mismatch(node, schema, place, context) : misfit(node, schema, place, context)
  }
  if (schema['format'] === 'date-time' && Number.isNaN(Date.parse(node.value))) {
    context.report.error(
      node.offset,
      `${nameOf(place)} is no time: ${shown(node)}`,
      'for example "2026-01-31T12:00:00Z"',
    )
    return undefined
  }
  rememberSecret(node.reference, schema, place, context)
  return node.value
}

const misfit = (node: LocatedScalar, schema: SchemaNode, place: FitPlace, context: FitContext): undefined => {
  const examples: readonly unknown[] = Array.isArray(schema['examples']) ? schema['examples'] : []
  const fix =
    examples.length > 0
      ? `for example ${quoted(String(examples[0]))}`
      : `it must match ${textOf(schema['pattern'])}`
  context.report.error(node.offset, `${nameOf(place)} cannot be ${shown(node)}`, fix)
  return undefined
}

const rememberSecret = (
  reference: string | null,
  schema: SchemaNode,
  place: FitPlace,
  context: FitContext,
): void => {
  const isSecret = schema['secret'] === true || secretName.test(String(place.path.at(-1) ?? ''))
  if (reference !== null && isSecret) context.secrets.set(pathText(place.path), reference)
}

const fitNumber = (
  node: LocatedScalar,
  schema: SchemaNode,
  place: FitPlace,
  context: FitContext,
): unknown => {
  const { value } = node
  const { minimum, maximum, exclusiveMinimum } = schema
  const isFit =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (schema['type'] !== 'integer' || Number.isSafeInteger(value)) &&
    (typeof minimum !== 'number' || value >= minimum) &&
    (typeof maximum !== 'number' || value <= maximum) &&
    (typeof exclusiveMinimum !== 'number' || value > exclusiveMinimum)
  return isFit ? value : mismatch(node, schema, place, context)
}

const fitMap = (node: LocatedMap, schema: SchemaNode, place: FitPlace, context: FitContext): unknown => {
  const properties = propertiesOf(schema)
  const known = new Map(properties)
  const record = recordOf(schema)
  const value: [string, unknown][] = []
  for (const entry of node.entries) {
    const below = { ...place, path: [...place.path, entry.key] }
    const property = known.get(entry.key)
    if (property !== undefined) value.push([entry.key, fit(entry.value, property, below, context)])
    else if (record?.[0].test(entry.key) === true)
      value.push([entry.key, fit(entry.value, record[1], below, context)])
    else reportUnknownKey(entry.key, entry.keyOffset, [...known.keys()], record?.[0], place, context)
  }
  const required = requiredOf(schema)
  for (const [name, property] of properties) {
    if (entryOf(node, name) !== undefined) continue
    if (property['default'] !== undefined)
      value.push([name, defaultOf(property, node.offset, place, context)])
    else if (required.includes(name)) {
      const means = firstSentence(property['description'])
      const fix = means === '' ? `add ${name}: …` : `add ${name}: ${means}`
      context.report.error(node.offset, `${place.what} lacks ${quoted(name)}`, fix)
    }
  }
  return Object.fromEntries(value.filter(([, item]) => item !== undefined))
}

const absent = (offset: number): LocatedMap => ({ kind: 'map', entries: [], offset })

/** The default of an option; that of a group is filled with the defaults of what is in it. */
const defaultOf = (schema: SchemaNode, offset: number, place: FitPlace, context: FitContext): unknown => {
  const preset = structuredClone(schema['default'])
  const isEmptyGroup = kindOf(schema) === 'object' && JSON.stringify(preset) === '{}'
  return isEmptyGroup ? fitMap(absent(offset), schema, place, context) : preset
}

const reportUnknownKey = (
  key: string,
  offset: number,
  known: readonly string[],
  names: RegExp | undefined,
  place: FitPlace,
  context: FitContext,
): void => {
  if (names !== undefined) {
    context.report.error(
      offset,
      `${quoted(key)} is no name for ${nameOf(place)}`,
      `names match ${names.source}`,
    )
  } else if (key === '<<') context.report.error(offset, 'YAML 1.2 has no merge key <<', 'write the keys out')
  else context.report.error(offset, `${place.what} has no ${quoted(key)}`, meant(key, known))
}

const fitSecretFile = (node: LocatedMap, place: FitPlace, context: FitContext): unknown => {
  const file = entryOf(node, 'file')?.value
  if (file?.kind !== 'scalar' || typeof file.value !== 'string') {
    context.report.error(
      node.offset,
      `file of ${nameOf(place)} must be a path`,
      'write { file: path/of/secret }',
    )
    return undefined
  }
  try {
    context.secrets.set(pathText(place.path), `file:${file.reference ?? file.value}`)
    return context.readSecretFile(file.value).replace(/\r?\n$/, '')
  } catch (error) {
    context.report.error(file.offset, `the secret file cannot be read: ${messageOf(error)}`, 'check the path')
    return undefined
  }
}

const takesText = (schema: SchemaNode): boolean =>
  branchesOf(schema).length > 0
    ? branchesOf(schema).some(takesText) && !branchesOf(schema).some((branch) => kindOf(branch) === 'object')
    : kindOf(schema) === 'string' && choicesOf(schema) === undefined

const countFindings = (node: Located, schema: SchemaNode, place: FitPlace, context: FitContext): number => {
  const trial = createReport('', () => ({ line: 1, col: 1 }))
  let count = 0
  const report: Report = {
    ...trial.report,
    error: () => {
      count++
    },
  }
  fit(node, schema, place, { ...context, report, secrets: new Map() })
  return count
}

/** Of several branches that take such a value, the one that fits best. */
const fitBranch = (node: Located, schema: SchemaNode, place: FitPlace, context: FitContext): unknown => {
  const kind = nodeKind(node)
  const fitting = branchesOf(schema).filter((branch) => {
    const isNested = branchesOf(branch).length > 0 && choicesOf(branch) === undefined
    const wanted = isNested ? 'any' : kindOf(branch)
    return wanted === kind || wanted === 'any'
  })
  const [only] = fitting
  if (only === undefined) return mismatch(node, schema, place, context)
  if (fitting.length === 1) return fit(node, only, place, context)
  const ranked = fitting
    .map((branch) => ({ branch, problems: countFindings(node, branch, place, context) }))
    .toSorted((a, b) => a.problems - b.problems)
  const best = ranked[0]
  if (best === undefined) return undefined
  // No scalar branch takes it: all of them together say what would be right.
  if (best.problems > 0 && node.kind === 'scalar') return mismatch(node, schema, place, context)
  return fit(node, best.branch, place, context)
}

/** Fits one node; undefined where it does not fit (then there is a finding). */
export const fit = (node: Located, schema: SchemaNode, place: FitPlace, context: FitContext): unknown => {
  // A variable is missing: that is told, and all that would follow from it would only hide it.
  if (node.kind === 'scalar' && node.problems.length > 0) return undefined
  if (
    node.kind === 'map' &&
    node.entries.length === 1 &&
    node.entries[0]?.key === 'file' &&
    takesText(schema)
  ) {
    return fitSecretFile(node, place, context)
  }
  const choices = choicesOf(schema)
  if (choices !== undefined) return fitChoice(node, choices, schema, place, context)
  if (branchesOf(schema).length > 0) return fitBranch(node, schema, place, context)
  const wanted = kindOf(schema)
  if (wanted === 'any') return plainOf(node)
  if (wanted !== nodeKind(node)) return mismatch(node, schema, place, context)
  if (node.kind === 'map') return fitMap(node, schema, place, context)
  if (node.kind === 'list') return fitList(node.items, schema, place, context)
  if (wanted === 'string') return fitText(node, schema, place, context)
  return wanted === 'number' ? fitNumber(node, schema, place, context) : node.value
}

const fitList = (
  items: readonly Located[],
  schema: SchemaNode,
  place: FitPlace,
  context: FitContext,
): unknown => {
  const item = schema['items']
  return items
    .map((node, i) => {
      const below = { ...place, path: [...place.path, i] }
      return typeof item === 'object' && item !== null
        ? fit(node, { ...item }, below, context)
        : plainOf(node)
    })
    .filter((value) => value !== undefined)
}
