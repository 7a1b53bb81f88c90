/** A plain editor with line numbers: marks lines with findings, and goes to one. */
import { type ReactNode, type RefObject, useMemo, useRef } from 'react'

export interface EditorProps {
  readonly text: string
  readonly change: (text: string) => void
  readonly readOnly: boolean
  /** Lines to mark, from 1. */
  readonly marked: ReadonlyMap<number, 'error' | 'warning'>
  readonly field: RefObject<HTMLTextAreaElement | null>
}

/** Puts the cursor at a place of the text, from 1, and brings it into sight. */
export const goToLine = (field: HTMLTextAreaElement, line: number, column: number): void => {
  const before = field.value
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, each) => sum + each.length + 1, 0)
  const at = before + column - 1
  field.focus()
  field.setSelectionRange(at, at)
  const lineHeight = field.scrollHeight / Math.max(1, field.value.split('\n').length)
  field.scrollTop = Math.max(0, (line - 5) * lineHeight)
}

export const Editor = ({ text, change, readOnly, marked, field }: EditorProps): ReactNode => {
  const gutter = useRef<HTMLDivElement>(null)
  const count = useMemo(() => text.split('\n').length, [text])
  return (
    <div className="ed">
      <div className="ed-gutter" ref={gutter} aria-hidden>
        {Array.from({ length: count }, (_, index) => (
          <div key={index} className={`num ${marked.get(index + 1) ?? ''}`}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={field}
        className="mono"
        aria-label="Configuration file"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        readOnly={readOnly}
        value={text}
        onChange={(event) => change(event.target.value)}
        onScroll={(event) => {
          if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop
        }}
      />
    </div>
  )
}
