/** What a page writes into the top bar: where one is, and its state. */
import { Fragment, type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { createPortal } from 'react-dom'
import { Go } from '../parts/go.tsx'
import { LongName } from '../parts/long-name.tsx'

let slot: HTMLElement | null = null
const listeners = new Set<() => void>()

/** The top bar says where titles go. */
export const setTitleSlot = (element: HTMLElement | null): void => {
  slot = element
  for (const listener of listeners) listener()
}

const useTitleSlot = (): HTMLElement | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => slot,
  )

export interface Crumb {
  readonly title: string
  readonly to: string
  readonly params?: Readonly<Record<string, string>>
}

/** Title of the page in top bar and tab; `children`: its state, shown beside it where there is room. */
export const PageTitle = ({
  title,
  crumbs = [],
  children,
}: {
  title: string
  crumbs?: readonly Crumb[]
  children?: ReactNode
}) => {
  const at = useTitleSlot()
  useEffect(() => {
    document.title = `${title} · Sluice`
  }, [title])
  if (at === null) return null
  return createPortal(
    <>
      <h1 title={title}>
        {crumbs.map(({ title: name, to, params }) => (
          <Fragment key={to}>
            <Go className="crumb" to={to} {...(params === undefined ? {} : { params })}>
              {name}
            </Go>
            <span className="crumb" aria-hidden>
              /
            </span>
          </Fragment>
        ))}
        <span className="clip">
          <LongName name={title} />
        </span>
      </h1>
      {children === undefined ? null : <div className="top-more">{children}</div>}
    </>,
    at,
  )
}
