/** The index of a document in a component: at once when it is short, in slices when it is long. */
import { useEffect, useMemo, useState } from 'react'
import { inSlices } from '../sliced.ts'
import { indexJson, JsonIndex } from './scan.ts'

const shortUnits = 200_000

export interface ReadDocument {
  /** Whole; null while it is read. */
  readonly index: JsonIndex | null
  /** Share that was read, 0 to 1. */
  readonly progress: number
}

/** Reads a text as JSON; null text: nothing to read. */
export const useJsonIndex = (text: string | null): ReadDocument => {
  const short = useMemo(() => (text !== null && text.length <= shortUnits ? indexJson(text) : null), [text])
  const [long, setLong] = useState<{ text: string; index: JsonIndex } | null>(null)
  const [progress, setProgress] = useState(0)
  useEffect(() => {
    if (text === null || text.length <= shortUnits) return undefined
    const stop = new AbortController()
    const index = new JsonIndex(text)
    let told = 0
    const read = async (): Promise<void> => {
      await inSlices(() => {
        const done = index.advance(50_000)
        if (index.at - told > text.length / 20) {
          told = index.at
          setProgress(index.at / text.length)
        }
        return done
      }, stop.signal)
      if (!stop.signal.aborted) setLong({ text, index })
    }
    setProgress(0)
    void read()
    return () => stop.abort()
  }, [text])
  if (short !== null) return { index: short, progress: 1 }
  return { index: long !== null && long.text === text ? long.index : null, progress }
}
