/** Rules about definitions, read from the definitions themselves: nothing without a description, no dead fault. */
import type { SourceFile } from './source-files.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const hasText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

/** Properties of a JSON Schema that say nothing about themselves. */
const undescribedProperties = (schema: unknown, at: string): string[] => {
  if (!isRecord(schema)) return []
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const own = Object.entries(properties).flatMap(([name, property]) => {
    const described = isRecord(property) && (hasText(property['description']) || hasText(property['$ref']))
    return [...(described ? [] : [`${at}.${name}`]), ...undescribedProperties(property, `${at}.${name}`)]
  })
  const parts = [schema['items'], schema['additionalProperties']]
  for (const list of [
    schema['anyOf'],
    schema['oneOf'],
    schema['allOf'],
    Object.values(schema['patternProperties'] ?? {}),
  ]) {
    if (Array.isArray(list)) parts.push(...list.filter(isRecord))
  }
  return [...own, ...parts.flatMap((part) => undescribedProperties(part, at))]
}

/** Whether it is something that a reference page has an entry for: a setting, an endpoint, a connector, a transform. */
const isEntry = (value: Record<string, unknown>): boolean =>
  (hasText(value['flag']) && 'variable' in value) ||
  (hasText(value['method']) && hasText(value['path'])) ||
  (hasText(value['kind']) && 'options' in value)

const answerKeys = new Set(['response', 'responses', 'answer', 'answers', 'reply'])

const nameOf = (value: Record<string, unknown>): string =>
  [value['flag'], value['method'], value['path'], value['kind'], value['name']]
    .filter(hasText)
    .map(String)
    .join(' ')

/**
 * Finds entries without a summary or description, and inputs of them that say nothing about themselves, anywhere in
 * what a module exports.
 */
export const checkDescriptions = (exported: unknown, file: string, seen = new Set<unknown>()): string[] => {
  if (!isRecord(exported) || seen.has(exported)) return []
  seen.add(exported)
  if (!isEntry(exported))
    return Object.values(exported).flatMap((value) => checkDescriptions(value, file, seen))
  const name = nameOf(exported)
  const findings =
    hasText(exported['description']) || hasText(exported['summary'])
      ? []
      : [`${file}: ${name} has no description`]
  for (const [key, value] of Object.entries(exported)) {
    if (answerKeys.has(key)) continue
    findings.push(...undescribedProperties(value, name).map((at) => `${file}: ${at} has no description`))
  }
  return findings
}

/** Codes in the catalogue that nobody uses, and codes that are used but not in it. */
export const checkFaults = (codes: readonly string[], files: readonly SourceFile[]): string[] => {
  const users = files.filter(
    ({ path, isTest }) => path.startsWith('packages/') && !path.includes('/kernel/faults/') && !isTest,
  )
  const used = new Set(
    users.flatMap(({ text }) =>
      [...text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'/g)].map((match) => match[1] ?? ''),
    ),
  )
  const thrown = users.flatMap(({ path, text }) =>
    [...text.matchAll(/\bfault\(\s*'([^']+)'/g)].map((match) => ({ path, code: match[1] ?? '' })),
  )
  return [
    ...codes
      .filter((code) => !used.has(code))
      .map((code) => `the fault ${code} is in the catalogue, but nobody uses it`),
    ...thrown
      .filter(({ code }) => !codes.includes(code))
      .map(({ path, code }) => `${path}: the fault ${code} is not in the catalogue`),
  ]
}
