/** What is found in a document while somebody types: at once when it is short, in slices when it is long. */
import { useEffect, useMemo, useState } from 'react'
import { inSlices } from '../sliced.ts'
import type { JsonIndex } from './scan.ts'
import { searchTree, startSearch } from './tree.ts'

const shortNodes = 20_000
const none: ReadonlySet<number> = new Set()

export interface TreeFindings {
  readonly nodes: ReadonlySet<number>
  readonly isSearching: boolean
}

export const useTreeSearch = (index: JsonIndex, words: string): TreeFindings => {
  const isShort = index.count <= shortNodes
  const short = useMemo(() => (isShort ? new Set(searchTree(index, words)) : none), [isShort, index, words])
  const [long, setLong] = useState<{ index: JsonIndex; words: string; nodes: ReadonlySet<number> } | null>(
    null,
  )
  useEffect(() => {
    if (isShort || words === '') return undefined
    const stop = new AbortController()
    const search = startSearch(index, words)
    const run = async (): Promise<void> => {
      await inSlices(() => search.step(), stop.signal)
      if (!stop.signal.aborted) setLong({ index, words, nodes: new Set(search.found) })
    }
    void run()
    return () => stop.abort()
  }, [isShort, index, words])
  if (isShort) return { nodes: short, isSearching: false }
  if (words === '') return { nodes: none, isSearching: false }
  const isThis = long !== null && long.index === index && long.words === words
  return { nodes: isThis ? long.nodes : none, isSearching: !isThis }
}
