/** The list of pages as a router. The time range is in every address, and stays from page to page. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  retainSearchParams,
} from '@tanstack/react-router'
import { Failure } from '../parts/states.tsx'
import { pages } from '../routes/index.ts'
import { NotFound } from './not-found.tsx'
import { Shell } from './shell.tsx'

/** Values of the address are text as they stand: no quotes around what looks like a number. */
const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))

const stringifySearch = (search: Record<string, unknown>): string => {
  const text = new URLSearchParams(
    Object.entries(search).flatMap(([name, value]) =>
      (typeof value === 'string' && value !== '') || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  ).toString()
  return text === '' ? '' : `?${text}`
}

/** Text of the address by name; a page reads with `useSearchText` what it knows. */
export type Search = Readonly<Record<string, string | undefined>>

/** An address of no page leaves the way to all others where it is. */
const FramedNotFound = () => (
  <Shell>
    <NotFound />
  </Shell>
)

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: FramedNotFound,
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(
      Object.entries(search).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
      ),
    ),
  search: { middlewares: [retainSearchParams(['range', 'from', 'to'])] },
})

const framed = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: () => <Shell />,
  notFoundComponent: NotFound,
})

const routeOf = (page: (typeof pages)[number]) =>
  createRoute({
    getParentRoute: () => (page.bare === true ? root : framed),
    path: page.path,
    component: lazyRouteComponent(page.view),
    errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  })

export const createPageRouter = () =>
  createRouter({
    routeTree: root.addChildren([
      framed.addChildren(pages.filter(({ bare }) => bare !== true).map(routeOf)),
      ...pages.filter(({ bare }) => bare === true).map(routeOf),
    ]),
    defaultPreload: 'intent',
    scrollRestoration: true,
    parseSearch,
    stringifySearch,
    defaultNotFoundComponent: NotFound,
  })
