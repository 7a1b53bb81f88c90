/** A command or a piece of text to copy as it stands. */
import { useState } from 'react'
import { Icon } from './icon.tsx'

export const CopyButton = ({ text, what = 'Copy' }: { text: string; what?: string }) => {
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      return
    }
    setDone(true)
    setTimeout(() => setDone(false), 1_500)
  }
  return (
    <button
      type="button"
      className="copy"
      aria-label={done ? 'Copied' : what}
      title={what}
      onClick={(event) => {
        event.stopPropagation()
        void copy()
      }}
    >
      <Icon name={done ? 'check' : 'copy'} size={14} />
    </button>
  )
}

export const CodeBlock = ({ text }: { text: string }) => (
  <div className="codeblock">
    <pre tabIndex={0}>{text}</pre>
    <CopyButton text={text} />
  </div>
)
