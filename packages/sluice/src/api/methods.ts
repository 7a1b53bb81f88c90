/** Which methods a path takes, for clients that used another. */
import type { Method, Resource } from '../contract/endpoint.ts'

const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part.startsWith('{') ? (given[i] ?? '') !== '' : part === given[i]))
  )
}

/** Sorted; empty where nothing has this path. */
export const methodsOf = (path: string, resources: readonly Resource[]): readonly Method[] => [
  ...new Set(
    resources
      .flatMap(({ endpoints }) => Object.values(endpoints))
      .filter((entry) => matches(entry.path, path))
      .map(({ method }) => method)
      .toSorted(),
  ),
]
