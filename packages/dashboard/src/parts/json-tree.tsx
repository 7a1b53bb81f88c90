/**
 * JSON as a tree: folds, finds, copies paths. Only what is unfolded is drawn, and of long lists a part at a time, so
 * that a message of 20 MB does not freeze the tab.
 */
import { type ReactNode, useMemo, useState } from 'react'
import { ExactNumber } from '../client/json.adapter.ts'
import { CopyButton } from './code-block.tsx'

const stepCount = 100
const openDepth = 2
const longText = 2_000

type Entries = readonly (readonly [key: string, value: unknown])[]

const entriesOf = (value: unknown): Entries | null => {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item] as const)
  if (typeof value === 'object' && value !== null && !(value instanceof ExactNumber))
    return Object.entries(value)
  return null
}

const pathOf = (parent: string, key: string, isList: boolean): string => {
  if (isList) return `${parent}[${key}]`
  return /^[A-Za-z_]\w*$/.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`
}

const Marked = ({ text, find }: { text: string; find: string }): ReactNode => {
  const at = find === '' ? -1 : text.toLowerCase().indexOf(find.toLowerCase())
  if (at === -1) return text
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + find.length)}</mark>
      {text.slice(at + find.length)}
    </>
  )
}

const LongText = ({ text, find }: { text: string; find: string }) => {
  const [whole, setWhole] = useState(false)
  if (text.length <= longText || whole) return <Marked text={text} find={find} />
  return (
    <>
      <Marked text={text.slice(0, longText)} find={find} />…{' '}
      <button type="button" className="lnk" onClick={() => setWhole(true)}>
        {(text.length - longText).toLocaleString('en')} more characters
      </button>
    </>
  )
}

const Leaf = ({ value, find }: { value: unknown; find: string }) => {
  if (typeof value === 'string') {
    return (
      <span className="s">
        <LongText text={JSON.stringify(value)} find={find} />
      </span>
    )
  }
  if (typeof value === 'number' || value instanceof ExactNumber) {
    return (
      <span className="n" title={value instanceof ExactNumber ? 'Exact, as it was written' : undefined}>
        <Marked text={String(value)} find={find} />
      </span>
    )
  }
  return <span className="k">{String(value)}</span>
}

interface BranchProps {
  readonly name: string | null
  readonly value: unknown
  readonly path: string
  readonly depth: number
  readonly find: string
}

const Branch = ({ name, value, path, depth, find }: BranchProps) => {
  const entries = useMemo(() => entriesOf(value), [value])
  const isList = Array.isArray(value)
  const [isOpen, setOpen] = useState(depth < openDepth && (entries?.length ?? 0) <= stepCount)
  const [shown, setShown] = useState(stepCount)
  const label =
    name === null ? null : (
      <>
        <span className="key">
          <Marked text={name} find={find} />
        </span>
        <span className="c">:&nbsp;</span>
      </>
    )
  const style = { '--depth': depth } as Record<string, number>
  if (entries === null) {
    return (
      <div className="row" style={style}>
        <span className="fold" />
        <span>
          {label}
          <Leaf value={value} find={find} />
        </span>
        <CopyButton text={path} what={`Copy path ${path}`} />
      </div>
    )
  }
  const [opening, closing] = isList ? ['[', ']'] : ['{', '}']
  const count = `${entries.length.toLocaleString('en')} ${isList ? (entries.length === 1 ? 'item' : 'items') : entries.length === 1 ? 'field' : 'fields'}`
  return (
    <>
      <div className="row" style={style}>
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          aria-label={`${name ?? 'All'}, ${count}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? '▾' : '▸'}
        </button>
        <span>
          {label}
          <span className="c">{isOpen ? opening : `${opening} ${count} ${closing}`}</span>
        </span>
        <CopyButton text={path} what={`Copy path ${path}`} />
      </div>
      {isOpen ? (
        <>
          {entries.slice(0, shown).map(([key, item]) => (
            <Branch
              key={key}
              name={isList ? `${key}` : key}
              value={item}
              path={pathOf(path, key, isList)}
              depth={depth + 1}
              find={find}
            />
          ))}
          {entries.length > shown ? (
            <div className="row" style={{ '--depth': depth + 1 } as Record<string, number>}>
              <span className="fold" />
              <button type="button" className="lnk" onClick={() => setShown(shown + stepCount * 5)}>
                {(entries.length - shown).toLocaleString('en')} more
              </button>
            </div>
          ) : null}
          <div className="row" style={style}>
            <span className="fold" />
            <span className="c">{closing}</span>
          </div>
        </>
      ) : null}
    </>
  )
}

/** `root`: what paths begin with, as expressions name it. */
export const JsonTree = ({
  value,
  root = 'event',
  find = '',
}: {
  value: unknown
  root?: string
  find?: string
}) => (
  <div className="json">
    <Branch name={null} value={value} path={root} depth={0} find={find} />
  </div>
)
