/** A button with a menu below it: closes on Escape, on a click elsewhere, and when something was chosen. */
import { type ReactNode, useEffect, useRef, useState } from 'react'

export const MenuButton = ({
  label,
  className,
  button,
  children,
}: {
  label: string
  className: string
  button: ReactNode
  children: (close: () => void) => ReactNode
}) => {
  const [isOpen, setOpen] = useState(false)
  const anchor = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isOpen) return undefined
    const onDown = (event: MouseEvent): void => {
      if (event.target instanceof Node && !anchor.current?.contains(event.target)) setOpen(false)
    }
    addEventListener('mousedown', onDown)
    anchor.current?.querySelector<HTMLElement>('.menu button, .menu a')?.focus()
    return () => removeEventListener('mousedown', onDown)
  }, [isOpen])
  const close = (): void => setOpen(false)
  return (
    <div
      className="anchor"
      ref={anchor}
      onKeyDown={(event) => {
        if (!isOpen) return
        const items = [...(anchor.current?.querySelectorAll<HTMLElement>('.menu button, .menu a') ?? [])]
        const at = items.findIndex((item) => item === document.activeElement)
        if (event.key === 'Escape') close()
        else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus()
        else if (event.key === 'ArrowUp') items.at(at - 1)?.focus()
        else return
        event.preventDefault()
        if (event.key === 'Escape') anchor.current?.querySelector('button')?.focus()
      }}
    >
      <button
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <div className="menu" role="menu">
          {children(close)}
        </div>
      ) : null}
    </div>
  )
}
