/** Checks requests against the schemas of the contract and says what is wrong in words. */
import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { type Fault, fault } from '../kernel/faults/index.ts'
import { fieldsOf } from './plain.ts'

export interface Problem {
  readonly field: string
  readonly problem: string
}

/** A request that does not fit its entry. Carries every problem; the fault names the first. */
export class RequestProblems extends Error {
  readonly fault: Fault
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const first = problems[0] ?? { field: 'request', problem: 'is not as it should be' }
    const told = fault('REQUEST_INVALID', { field: first.field, problem: first.problem })
    super(told.message)
    this.fault = told
    this.problems = problems
  }
}

type Found = ReturnType<ReturnType<typeof Compile<TSchema>>['Errors']>[number]

const fieldOf = (where: string, path: string): string => {
  const inner = path
    .slice(1)
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
  return inner === '' ? where : inner
}

const listOf = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))

const describedAt = (schema: TSchema, path: string): string | null => {
  const found = valueAt(schema, path.slice(1))
  return typeof found === 'object' && found !== null && 'description' in found
    ? String(found.description)
    : null
}

const sentenceOf = (error: Found, value: unknown, schema: TSchema): string => {
  const params: Readonly<Record<string, unknown>> = error.params
  const keyword: string = error.keyword
  switch (keyword) {
    case 'type':
      return `${shown(value)} is not of type ${listOf(params['type'])}`
    case 'minimum':
      return `${shown(value)} is too small; at least ${String(params['limit'])}`
    case 'maximum':
      return `${shown(value)} is too large; at most ${String(params['limit'])}`
    case 'const':
      return `${shown(value)} is not ${JSON.stringify(params['allowedValue'])}`
    case 'pattern': {
      const wanted = describedAt(schema, error.schemaPath) ?? String(params['pattern'])
      return `${shown(value)} does not fit: ${wanted.replace(/\.$/, '')}`
    }
    case 'format':
      return `${shown(value)} is not a ${String(params['format'])}`
    default:
      return error.message
  }
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const valueAt = (root: unknown, path: string): unknown =>
  path
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null
          ? Object.entries(value).find(
              ([key]) => key === part.replaceAll('~1', '/').replaceAll('~0', '~'),
            )?.[1]
          : undefined,
      root,
    )

const problemsOf = (errors: readonly Found[], value: unknown, where: string, schema: TSchema): Problem[] => {
  const told = new Map<string, Problem>()
  const known = 'properties' in schema ? Object.keys(fieldsOf(schema.properties)) : []
  // Alternatives report each branch; one sentence about the field is enough.
  const alternatives = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath)
  for (const error of errors) {
    const within = alternatives.some((path) => error.instancePath.startsWith(path))
    if (within && error.keyword !== 'anyOf') continue
    if (error.keyword === 'boolean') {
      const field = fieldOf(where, error.instancePath)
      const hint =
        error.instancePath.split('/').length === 2 && known.length > 0 ? `; known: ${known.join(', ')}` : ''
      told.set(field, { field, problem: `is not known here${hint}` })
      continue
    }
    if (error.keyword === 'additionalProperties') continue
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) {
        const field = fieldOf(where, `${error.instancePath}/${name}`)
        told.set(field, { field, problem: 'is missing' })
      }
      continue
    }
    const field = fieldOf(where, error.instancePath)
    const at = valueAt(value, error.instancePath)
    const problem =
      error.keyword === 'anyOf' ? alternativesOf(schema, error, at) : sentenceOf(error, at, schema)
    if (!told.has(field)) told.set(field, { field, problem })
  }
  return [...told.values()]
}

const alternativesOf = (schema: TSchema, error: Found, value: unknown): string => {
  const union = valueAt(schema, error.schemaPath.slice(1))
  const branches: unknown = typeof union === 'object' && union !== null && 'anyOf' in union ? union.anyOf : []
  const names = Array.isArray(branches)
    ? branches.map((branch: unknown) => {
        if (typeof branch !== 'object' || branch === null) return 'something else'
        if ('const' in branch) return JSON.stringify(branch.const)
        return 'type' in branch ? String(branch.type) : 'something else'
      })
    : []
  return `${shown(value)} is none of ${names.join(', ')}`
}

/** A check of one part of a request, made once for its schema. */
export type Check = (value: unknown) => unknown

/**
 * Fills in defaults and checks a body; an absent one is an empty object where the schema is of objects.
 * The check throws RequestProblems.
 */
export const bodyCheck = (schema: TSchema): Check => {
  const validator = Compile(schema)
  return (value) => {
    const filled = Value.Default(schema, value === undefined && 'properties' in schema ? {} : value)
    if (validator.Check(filled)) return filled
    throw new RequestProblems(problemsOf(validator.Errors(filled), filled, 'body', schema))
  }
}

const numberPattern = /^-?\d{1,15}(\.\d{1,15})?$/

/** Text of a query as the type that its schema asks for; anything doubtful stays text and is refused. */
const coerce = (schema: unknown, text: unknown): unknown => {
  if (typeof text !== 'string' || typeof schema !== 'object' || schema === null || !('type' in schema))
    return text
  if (schema.type === 'integer' || schema.type === 'number')
    return numberPattern.test(text) ? Number(text) : text
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/** Checks a query or path parameters: text becomes number or boolean where the schema asks for one. */
export const textCheck = (schema: TObject, where: string): Check => {
  const validator = Compile(schema)
  return (value) => {
    const given: Record<string, unknown> = {}
    for (const [name, text] of Object.entries(fieldsOf(value)))
      given[name] = coerce(schema.properties[name], text)
    const filled = Value.Default(schema, given)
    if (validator.Check(filled)) return filled
    throw new RequestProblems(problemsOf(validator.Errors(filled), filled, where, schema))
  }
}
