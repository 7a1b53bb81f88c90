/** The value of a message as tree, as text or as bytes; what is large is read in slices and opens folded. */
import { type ReactNode, useState } from 'react'
import { CopyButton } from '../../parts/code-block.tsx'
import { HexView } from '../../parts/hex-view.tsx'
import { JsonTree } from '../../parts/json/json-tree.tsx'
import type { JsonIndex } from '../../parts/json/scan.ts'
import { equalsFilter, firstFolding, foldAll, leafText, pathOf, unfoldAll } from '../../parts/json/tree.ts'
import { useJsonIndex } from '../../parts/json/use-json-index.ts'
import { useTreeSearch } from '../../parts/json/use-tree-search.ts'
import { TextView } from '../../parts/text-view.tsx'
import { useNow } from '../../parts/use-now.ts'
import { changeText, timeNote } from './changes.ts'

/** The message before this one with the same key, where it is known. */
export interface Earlier {
  readonly text: string
  readonly secondsBetween: number
}

export interface TreeProps {
  readonly text: string
  readonly earlier: Earlier | null
  /** null where nothing can be filtered. */
  readonly onFilter: ((condition: string) => void) | null
}

const copy = (text: string): void => {
  void navigator.clipboard.writeText(text).catch(() => undefined)
}

const Actions = ({
  index,
  node,
  onFilter,
}: {
  index: JsonIndex
  node: number
  onFilter: TreeProps['onFilter']
}): ReactNode => {
  const condition = equalsFilter(index, node)
  return (
    <>
      <button
        type="button"
        tabIndex={-1}
        title={pathOf(index, node)}
        onClick={() => copy(pathOf(index, node))}
      >
        Copy path
      </button>
      <button
        type="button"
        tabIndex={-1}
        onClick={() => copy(index.text.slice(index.start(node), index.end(node)))}
      >
        Copy value
      </button>
      {condition === null || onFilter === null ? null : (
        <button type="button" tabIndex={-1} title={condition} onClick={() => onFilter(condition)}>
          Filter
        </button>
      )}
    </>
  )
}

const Tree = ({ index, earlier, onFilter }: Omit<TreeProps, 'text'> & { index: JsonIndex }): ReactNode => {
  const [folding, setFolding] = useState(() => firstFolding(index))
  const [words, setWords] = useState('')
  const now = useNow(1_000)
  const { index: before } = useJsonIndex(earlier?.text ?? null)
  const { nodes: marked, isSearching } = useTreeSearch(index, words)
  const noteOf = (node: number): string | null =>
    (before === null || earlier === null ? null : changeText(index, node, before, earlier.secondsBetween)) ??
    timeNote(index, node, now)
  const onWords = (sought: string): void => {
    setWords(sought)
    if (sought !== '' && index.count <= 20_000) setFolding(unfoldAll)
  }
  return (
    <>
      <div className="mi-tools">
        <input
          className="input"
          placeholder="Find in this message"
          aria-label="Find in this message"
          value={words}
          onChange={(event) => onWords(event.target.value)}
        />
        {words === '' ? null : (
          <span className="faint num">{isSearching ? 'searching …' : `${marked.size} found`}</span>
        )}
        <button type="button" className="btn bare" onClick={() => setFolding(unfoldAll)}>
          Unfold
        </button>
        <button type="button" className="btn bare" onClick={() => setFolding(foldAll)}>
          Fold
        </button>
      </div>
      <div className="mi-fill">
        <JsonTree
          index={index}
          folding={folding}
          onFolding={setFolding}
          noteOf={noteOf}
          actionsOf={(node) => <Actions index={index} node={node} onFilter={onFilter} />}
          onCopyPath={(node) => copy(pathOf(index, node))}
          marked={marked}
          label="Value as a tree. Right opens, left closes, c copies the path."
        />
      </div>
    </>
  )
}

/** The tree of a text; text that is no JSON is shown as it is. */
export const ValueTree = ({ text, earlier, onFilter }: TreeProps): ReactNode => {
  const { index, progress } = useJsonIndex(text)
  if (index === null) {
    return (
      <p className="soft num" role="status">
        Reading {Math.round(progress * 100)} % …
      </p>
    )
  }
  const isDocument = index.count > 0 && (index.isContainer(0) || index.complete)
  const isBroken = index.problem !== null && index.problem.at < text.length
  if (!isDocument || isBroken) return <ValueText text={text} />
  return <Tree key={leafKey(index)} index={index} earlier={earlier} onFilter={onFilter} />
}

/** A tree of another text begins anew, unfolded as that one needs. */
const leafKey = (index: JsonIndex): string =>
  `${index.count} ${leafText(index, 0, 60).text} ${index.text.length}`

export const ValueText = ({ text }: { text: string }): ReactNode => (
  <>
    <div className="mi-tools">
      <span className="faint num">{text.length.toLocaleString('en')} characters</span>
      <CopyButton text={text} what="Copy the value" />
    </div>
    <div className="mi-fill">
      <TextView text={text} label="Value as text" />
    </div>
  </>
)

export const ValueBytes = ({ bytes }: { bytes: Uint8Array }): ReactNode => (
  <div className="mi-fill">
    <HexView bytes={bytes} label="Value as bytes" />
  </div>
)
