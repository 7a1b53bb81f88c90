/** A link within the page. The time range of the address stays. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

export interface GoProps {
  /** A path of the list of routes, with `$name` for its parameters. */
  readonly to: string
  readonly params?: Readonly<Record<string, string>>
  /** Search of the address; what is undefined is left out. */
  readonly search?: Readonly<Record<string, unknown>>
  readonly className?: string
  readonly title?: string
  readonly activeClassName?: string
  readonly children: ReactNode
  readonly onClick?: () => void
}

export const Go = ({ to, params = {}, search = {}, activeClassName, children, ...others }: GoProps) => (
  <Link
    to={to}
    params={{ ...params }}
    search={{ ...search }}
    {...others}
    {...(activeClassName === undefined ? {} : { activeProps: { className: activeClassName } })}
    activeOptions={{ exact: to === '/', includeSearch: false }}
  >
    {children}
  </Link>
)
