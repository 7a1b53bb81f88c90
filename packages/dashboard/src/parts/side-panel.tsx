/** What opens beside a list: it keeps the list in place, and closes on Escape. */
import { type ReactNode, useMemo } from 'react'
import { Icon } from './icon.tsx'
import { type KeyAction, useKeys } from './keys.ts'

export const SidePanel = ({
  title,
  more,
  close,
  children,
}: {
  title: ReactNode
  more?: ReactNode
  close: () => void
  children: ReactNode
}) => {
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [{ keys: 'Escape', says: 'Close what is open', run: close }],
      [close],
    ),
  )
  return (
    <section className="side" aria-label={typeof title === 'string' ? title : 'Details'}>
      <header>
        <h2 className="clip">{title}</h2>
        {more}
        <button type="button" className="btn bare" aria-label="Close" onClick={close}>
          <Icon name="close" size={14} />
        </button>
      </header>
      {children}
    </section>
  )
}
