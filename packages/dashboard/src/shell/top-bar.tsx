/** The top bar: where one is, how to go elsewhere, what time is shown, whether it is live, who looks. */
import { useSession, useSignOut } from '../client/session.ts'
import { useGoTo } from '../parts/address.adapter.ts'
import { Icon } from '../parts/icon.tsx'
import { MenuButton } from '../parts/menu.tsx'
import { setTheme, useTheme } from '../parts/theme.ts'
import { timeRanges, useSetTimeRange, useTimeRange } from '../parts/time-range.ts'
import { LivePill } from './live-pill.tsx'
import { setTitleSlot } from './page-title.tsx'

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

const TimeRangePill = () => {
  const range = useTimeRange()
  const set = useSetTimeRange()
  return (
    <MenuButton label={`Time range: ${range.label}`} className="pill num" button={range.label}>
      {(close) =>
        timeRanges.map(({ name, label }) => (
          <button
            type="button"
            role="menuitemradio"
            aria-checked={range.name === name}
            key={name}
            onClick={() => {
              set.preset(name)
              close()
            }}
          >
            {label}
          </button>
        ))
      }
    </MenuButton>
  )
}

const initialsOf = (name: string): string =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('') || '?'

const AccountMenu = ({ showHelp }: { showHelp: () => void }) => {
  const session = useSession().data
  const theme = useTheme()
  const signOut = useSignOut()
  const goTo = useGoTo()
  const name = session?.principal.name ?? 'nobody'
  const isIn = session?.signed_in === true
  return (
    <MenuButton
      label={`Account: ${name}`}
      className={session === undefined || isIn ? 'avatar' : 'pill'}
      button={session === undefined || isIn ? initialsOf(name) : 'Sign in'}
    >
      {(close) => (
        <>
          <div className="note">
            {session?.signed_in === true ? `Signed in as ${name}` : 'You are not signed in'}
          </div>
          <hr />
          <button
            type="button"
            role="menuitem"
            onClick={() => {
              setTheme(theme === 'dark' ? 'light' : 'dark')
              close()
            }}
          >
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
            {theme === 'dark' ? 'Light theme' : 'Dark theme'}
          </button>
          <button
            type="button"
            role="menuitem"
            onClick={() => {
              close()
              showHelp()
            }}
          >
            <Icon name="help" />
            Keyboard shortcuts
          </button>
          <hr />
          {session?.signed_in === true ? (
            <button
              type="button"
              role="menuitem"
              onClick={() => {
                close()
                signOut.mutate(undefined, { onSuccess: () => goTo('/signin') })
              }}
            >
              Sign out
            </button>
          ) : (
            <button
              type="button"
              role="menuitem"
              onClick={() => {
                close()
                goTo('/signin')
              }}
            >
              Sign in
            </button>
          )}
        </>
      )}
    </MenuButton>
  )
}

export const TopBar = ({
  hasTimeRange,
  openMenu,
  openPalette,
  showHelp,
}: {
  hasTimeRange: boolean
  openMenu: () => void
  openPalette: () => void
  showHelp: () => void
}) => {
  const theme = useTheme()
  return (
    <header className="top">
      <button type="button" className="menu-button" aria-label="Menu" onClick={openMenu}>
        <Icon name="menu" size={18} />
      </button>
      <div className="top-title" ref={setTitleSlot} />
      <button
        type="button"
        className="finder"
        aria-label={`Go to topic, pipeline, message… ${isApple ? '⌘ K' : 'Ctrl K'}`}
        onClick={openPalette}
      >
        <Icon name="explore" size={14} />
        <span>Go to topic, pipeline, message…</span>
        <kbd>{isApple ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      {hasTimeRange ? <TimeRangePill /> : null}
      <LivePill />
      <button
        type="button"
        className="btn bare theme-button"
        aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
        onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      </button>
      <AccountMenu showHelp={showHelp} />
    </header>
  )
}
