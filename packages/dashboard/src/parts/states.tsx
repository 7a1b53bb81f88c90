/** What stands where data would: nothing yet, not yet known, or a failure with its way out. */
import type { ReactNode } from 'react'
import { apiErrorOf } from '../client/api-error.ts'
import { Chip } from './chip.tsx'
import { Go } from './go.tsx'

/** Says why it is empty, and what fills it. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="empty">
    <h2>{title}</h2>
    {children}
  </div>
)

/** What happened, what it means, what to do next; with the button that does it. */
export const Failure = ({ error, retry }: { error: unknown; retry?: () => void }) => {
  const { what, meaning, next, problems, status, code, requestId } = apiErrorOf(error).facts
  return (
    <div className="error" role="alert">
      <h2>
        <Chip tone="bd">{what}</Chip>
      </h2>
      {problems.length === 0 ? null : (
        <ul>
          {problems.map(({ field, problem }) => (
            <li key={`${field} ${problem}`}>
              <code>{field}</code> {problem}
            </li>
          ))}
        </ul>
      )}
      <p>{meaning}</p>
      <p>{next}</p>
      <p className="faint small mono">
        {code}
        {requestId === null ? '' : ` · ${requestId}`}
      </p>
      <div className="btns">
        {status === 401 ? (
          <Go className="btn pri" to="/signin">
            Sign in
          </Go>
        ) : null}
        {retry === undefined ? null : (
          <button type="button" className="btn" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  )
}

/** Has the shape of what comes. */
export const Skeleton = ({ height, width = '100%' }: { height: number; width?: number | string }) => (
  <div className="skeleton" style={{ height, width }} aria-hidden />
)

interface Asked<Data> {
  readonly data: Data | undefined
  readonly error: unknown
  readonly refetch: () => unknown
}

/** Shows data when it is there, its skeleton until then, its failure when there never was any. */
export const Loaded = <Data,>({
  from,
  height = 120,
  children,
}: {
  from: Asked<Data>
  height?: number
  children: (data: Data) => ReactNode
}) => {
  if (from.data !== undefined) return children(from.data)
  if (from.error) return <Failure error={from.error} retry={() => from.refetch()} />
  return <Skeleton height={height} />
}
