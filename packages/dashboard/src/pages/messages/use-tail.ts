/** Messages as they come: taken in as they arrive, drawn at most once a frame, kept in a bounded ring. */
import { useEffect, useReducer, useRef, useState } from 'react'
import { liveConnection } from '../../live/connection.adapter.ts'
import { Tail } from '../../parts/ring.ts'
import type { MessageRow } from './message-row.ts'
import { TailPlaces } from './tail-places.ts'

/** Messages a tail keeps in the page. */
export const tailRowsMax = 5_000

export interface TailParams {
  readonly topic: string
  readonly filter?: string
  readonly partition?: number
  readonly from?: string
}

export interface TailProblem {
  readonly error: string
  readonly fix: string
}

const isRows = (data: unknown): data is readonly MessageRow[] => Array.isArray(data)

/** An update brings partition after partition; a reader wants one after the other. */
const byTime = (a: MessageRow, b: MessageRow): number =>
  a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0

/**
 * Follows a topic while `params` is not null; `before` (newest first) is what the list showed until then. `missing`:
 * how many rows a lost connection may have cost.
 */
export const useTail = (params: TailParams | null, before: readonly MessageRow[]) => {
  const [, draw] = useReducer((count: number) => count + 1, 0)
  const [problem, setProblem] = useState<TailProblem | null>(null)
  const [missing, setMissing] = useState(0)
  const tail = useRef(new Tail<MessageRow>(tailRowsMax))
  const seed = useRef(before)
  seed.current = before
  const identity = params === null ? null : JSON.stringify(params)
  useEffect(() => {
    if (params === null || identity === null) return undefined
    const mine = new Tail<MessageRow>(tailRowsMax)
    mine.seed(seed.current.slice(0, 500).toReversed())
    tail.current = mine
    setProblem(null)
    setMissing(0)
    const places = new TailPlaces()
    let frame = 0
    const onFrame = (): void => {
      frame = 0
      draw()
    }
    const stop = liveConnection().subscribe(
      'messages',
      { ...params },
      {
        update: ({ data, dropped }) => {
          setProblem(null)
          if (isRows(data)) {
            const lost = places.take(data)
            // What the server says it left out lies in the same gap.
            if (lost > dropped) setMissing((before) => before + lost - dropped)
            mine.take(data.toSorted(byTime), dropped)
          }
          frame ||= requestAnimationFrame(onFrame)
        },
        failed: ({ error, fix }) => setProblem({ error, fix }),
        began: (isBroken) => {
          setProblem(null)
          if (isBroken) places.break()
        },
        // The feed forgets where we were when we are away for long: rows that are shown are not asked for again.
        again: () => {
          const from = places.after(params.from)
          return from === null ? null : { ...params, from }
        },
      },
    )
    draw()
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
    // `identity` stands for the parameters, whose object is a new one each time.
  }, [identity])
  const setPaused = (paused: boolean): void => {
    if (paused === tail.current.paused) return
    if (paused) tail.current.pause()
    else tail.current.resume()
    draw()
  }
  return { tail: tail.current, problem, missing, setPaused }
}
