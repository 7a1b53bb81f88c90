/** What floats over the page: dialogs that keep the keyboard, and the confirmation that asks for a name. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { Icon } from './icon.tsx'

const focusable = 'a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex="0"]'

/** Keeps the keyboard inside, gives it back at the end, and closes on Escape or a click beside it. */
export const Floating = ({
  label,
  className = 'dialog',
  close,
  children,
}: {
  label: string
  className?: string
  close: () => void
  children: ReactNode
}) => {
  const box = useRef<HTMLDivElement>(null)
  const latest = useRef(close)
  latest.current = close
  useEffect(() => {
    const before = document.activeElement
    const first = box.current?.querySelector<HTMLElement>('[autofocus], input, textarea, select')
    ;(first ?? box.current)?.focus()
    // A button that is switched off while it works loses the keyboard to the page: it comes back here.
    const takeBack = (event: globalThis.KeyboardEvent): void => {
      const veil = [...document.querySelectorAll('.veil')].at(-1)
      if (document.activeElement !== document.body || veil?.contains(box.current) !== true) return
      if (event.key !== 'Escape' && event.key !== 'Tab') return
      event.preventDefault()
      event.stopPropagation()
      if (event.key === 'Escape') latest.current()
      else box.current?.focus()
    }
    document.addEventListener('keydown', takeBack, { capture: true })
    return () => {
      document.removeEventListener('keydown', takeBack, { capture: true })
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return createPortal(
    <div
      className="veil"
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) close()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.preventDefault()
          event.stopPropagation()
          close()
        }
        if (event.key !== 'Tab') return
        const all = [...(box.current?.querySelectorAll<HTMLElement>(focusable) ?? [])]
        const edge = event.shiftKey ? all[0] : all.at(-1)
        if (edge !== undefined && document.activeElement !== edge) return
        event.preventDefault()
        ;(event.shiftKey ? all.at(-1) : all[0])?.focus()
      }}
    >
      <div className={className} role="dialog" aria-modal="true" aria-label={label} tabIndex={-1} ref={box}>
        {children}
      </div>
    </div>,
    document.body,
  )
}

export const Dialog = ({
  title,
  close,
  wide = false,
  footer,
  children,
}: {
  title: string
  close: () => void
  wide?: boolean
  footer?: ReactNode
  children: ReactNode
}) => (
  <Floating label={title} className={wide ? 'dialog wide' : 'dialog'} close={close}>
    <header>
      <h2>{title}</h2>
      <button type="button" className="btn bare" aria-label="Close" onClick={close}>
        <Icon name="close" size={14} />
      </button>
    </header>
    <div className="body">{children}</div>
    {footer === undefined ? null : <footer>{footer}</footer>}
  </Floating>
)

/** Before something that cannot be undone: shows what it does, and asks for the name. */
export const ConfirmDialog = ({
  title,
  name,
  verb,
  busy = false,
  confirm,
  close,
  children,
}: {
  title: string
  /** What has to be typed. */
  name: string
  /** What the button says: `Delete topic`. */
  verb: string
  busy?: boolean
  confirm: () => void
  close: () => void
  /** The blast radius. */
  children: ReactNode
}) => {
  const [typed, setTyped] = useState('')
  const id = useId()
  const matches = typed === name
  return (
    <Dialog
      title={title}
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button type="submit" form={id} className="btn dg pri" disabled={!matches || busy}>
            {verb}
          </button>
        </>
      }
    >
      {children}
      <form
        id={id}
        onSubmit={(event) => {
          event.preventDefault()
          if (matches && !busy) confirm()
        }}
      >
        <label className="field">
          <span>
            Type <code>{name}</code> to go on
          </span>
          <input
            className="mono"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      </form>
    </Dialog>
  )
}
