/** Finds what the schema of the postgres sink's options cannot say: names that must agree with each other. */
import type { OptionProblem } from '../../flow/connector.ts'
import { metaFields, parseFieldPath } from '../../flow/field-path.ts'
import { nearest } from '../../kernel/near-miss.ts'
import type { PostgresOptions } from './table.ts'

const columnName = /^[A-Za-z_][A-Za-z0-9_]*$/

const problemAt = (path: readonly (string | number)[], problem: string, fix: string): OptionProblem => ({
  path,
  offset: null,
  problem,
  fix,
})

const meant = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  return near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`
}

const columnProblems = (columns: PostgresOptions['columns']): OptionProblem[] =>
  Object.entries(columns).flatMap(([name, column]) => {
    if (typeof column === 'string' || parseFieldPath(column.from) !== undefined) return []
    const fix = `write event.${name}, or meta. and one of ${metaFields.join(', ')}`
    return [problemAt(['columns', name, 'from'], `"${column.from}" is no path`, fix)]
  })

const indexProblems = (options: PostgresOptions, known: readonly string[]): OptionProblem[] =>
  (options.indexes ?? []).flatMap((index, i) =>
    index.flatMap((text, k) => {
      const [name = '', direction = 'asc', ...rest] = text.trim().split(/\s+/)
      const path = ['indexes', i, k]
      if (!known.includes(name))
        return [problemAt(path, `the index names no column "${name}"`, meant(name, known))]
      const isFine = /^(?:asc|desc)$/i.test(direction) && rest.length === 0
      return isFine
        ? []
        : [problemAt(path, `"${text}" is no column of an index`, `write ${name}, or ${name} desc`)]
    }),
  )

/** Every problem of options that fit the schema. */
export const examinePostgres = (options: PostgresOptions): readonly OptionProblem[] => {
  const columns = Object.keys(options.columns)
  const key = typeof options.key === 'string' ? [options.key] : (options.key ?? [])
  const keyPath = (i: number): (string | number)[] => (typeof options.key === 'string' ? ['key'] : ['key', i])
  const made = (['identity', 'inserted_at'] as const).flatMap((option) => {
    const name = options[option]
    if (name === undefined) return []
    if (columns.includes(name)) {
      return [
        problemAt(
          [option],
          `"${name}" is one of the columns already`,
          'the sink fills it itself: take it out of columns',
        ),
      ]
    }
    return columnName.test(name)
      ? []
      : [problemAt([option], `"${name}" is no name for a column`, 'letters, digits and "_"')]
  })
  const known = [...columns, options.identity ?? [], options.inserted_at ?? []].flat()
  return [
    ...(columns.length === 0
      ? [problemAt(['columns'], 'there are no columns', 'name some: { id: text }')]
      : []),
    ...columnProblems(options.columns),
    ...key.flatMap((name, i) =>
      columns.includes(name)
        ? []
        : [problemAt(keyPath(i), `the key "${name}" is no column`, meant(name, columns))],
    ),
    ...made,
    ...indexProblems(options, known),
  ]
}
