/** Rail, top bar and the page between them; keys that work everywhere; what to do when nobody is signed in. */
import { Outlet, useMatches } from '@tanstack/react-router'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useSession } from '../client/session.ts'
import { liveConnection } from '../live/connection.adapter.ts'
import { SignInNeeded } from '../pages/sign-in/sign-in-needed.tsx'
import { useGoTo } from '../parts/address.adapter.ts'
import { type KeyAction, useKeys } from '../parts/keys.ts'
import { noteLookedAtTopic } from '../parts/looked.ts'
import { Failure } from '../parts/states.tsx'
import { setTheme } from '../parts/theme.ts'
import { Toasts } from '../parts/toast.tsx'
import { pages } from '../routes/index.ts'
import { Help } from './help.tsx'
import { Palette } from './palette.tsx'
import { Rail } from './rail.tsx'
import { TopBar } from './top-bar.tsx'

type Open = 'palette' | 'help' | null

const useShellKeys = (open: (what: Open) => void): void => {
  const goTo = useGoTo()
  const actions = useMemo(
    (): readonly KeyAction[] => [
      { keys: 'mod+k', says: 'Go to page, topic, pipeline', run: () => open('palette'), whileTyping: true },
      { keys: '?', says: 'Show these shortcuts', run: () => open('help') },
      {
        keys: '.',
        says: 'Hold what is shown, or go on',
        run: () => liveConnection().freeze(liveConnection().frozenSinceMs() === null),
      },
      {
        keys: 't',
        says: 'Light or dark',
        run: () => setTheme(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark'),
      },
      ...pages.flatMap(({ shortcut, title, path }) =>
        shortcut === undefined
          ? []
          : [{ keys: `g ${shortcut}`, says: `Go to ${title}`, run: () => goTo(path) }],
      ),
    ],
    [goTo, open],
  )
  useKeys(actions)
}

/** The definition of the page that is shown. */
const useShownPage = () => {
  const matches = useMatches()
  const path = String(matches.at(-1)?.fullPath ?? '/')
  return pages.find((page) => page.path === path || `${page.path}/` === path)
}

/** The page where it may be looked at, else how to get there. */
const Content = ({ children }: { children: ReactNode }) => {
  const session = useSession()
  if (session.data === undefined) {
    return session.error === null ? null : (
      <Failure error={session.error} retry={() => void session.refetch()} />
    )
  }
  if (!session.data.signed_in && session.data.anonymous === 'none') return <SignInNeeded />
  return children
}

/** `children` stand in the place of the page; without them it is the page of the address. */
export const Shell = ({ children = <Outlet /> }: { children?: ReactNode }) => {
  const [open, setOpen] = useState<Open>(null)
  const [menu, setMenu] = useState(false)
  const main = useRef<HTMLElement>(null)
  const page = useShownPage()
  useShellKeys(setOpen)
  useEffect(() => {
    if (page?.path.startsWith('/topics/$name') === true) noteLookedAtTopic()
  }, [page])
  const close = (): void => setOpen(null)
  return (
    <div className={menu ? 'shell open' : 'shell'}>
      <a
        className="btn skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the page
      </a>
      <Rail close={() => setMenu(false)} />
      <TopBar
        hasTimeRange={page?.hasTimeRange === true}
        openMenu={() => setMenu(!menu)}
        openPalette={() => setOpen('palette')}
        showHelp={() => setOpen('help')}
      />
      <main className={page?.flush === true ? 'main flush' : 'main'} id="main" tabIndex={-1} ref={main}>
        <Content>{children}</Content>
      </main>
      {open === 'palette' ? <Palette close={close} /> : null}
      {open === 'help' ? <Help close={close} /> : null}
      <Toasts />
    </div>
  )
}
