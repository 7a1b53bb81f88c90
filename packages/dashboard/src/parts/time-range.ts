/** The stretch of time that charts show: in the address, so that a link shows the same. */
import { useMemo } from 'react'
import { useSearchAll, useSetSearch } from './address.adapter.ts'
import { momentText } from './format.ts'
import { useNow } from './use-now.ts'

export const timeRanges = [
  { name: '5m', ms: 300_000, label: 'Last 5 min' },
  { name: '15m', ms: 900_000, label: 'Last 15 min' },
  { name: '1h', ms: 3_600_000, label: 'Last hour' },
  { name: '6h', ms: 21_600_000, label: 'Last 6 h' },
  { name: '24h', ms: 86_400_000, label: 'Last 24 h' },
  { name: '7d', ms: 604_800_000, label: 'Last 7 days' },
  { name: '30d', ms: 2_592_000_000, label: 'Last 30 days' },
] as const

const presetName = '15m'

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
  /** Its end is now, and moves. */
  readonly moves: boolean
  readonly label: string
  /** What names it: the same text, the same question. */
  readonly name: string
}

const timeOf = (text: string | undefined): number => (text === undefined ? Number.NaN : Date.parse(text))

/** The range of the address. One that moves goes on by a step of its grain, so that answers can be kept. */
export const useTimeRange = (): TimeRange => {
  const { range, from, to } = useSearchAll()
  const now = useNow(5_000)
  return useMemo(() => {
    const fromMs = timeOf(from)
    const toMs = timeOf(to)
    if (fromMs < toMs) {
      const label = `${momentText(fromMs)} – ${momentText(toMs)}`
      return { fromMs, toMs, moves: false, label, name: `${from}/${to}` }
    }
    const preset = timeRanges.find(({ name }) => name === (range ?? presetName)) ?? timeRanges[1]
    return { fromMs: now - preset.ms, toMs: now, moves: true, label: preset.label, name: preset.name }
  }, [range, from, to, now])
}

export interface SetTimeRange {
  readonly preset: (name: string) => void
  readonly between: (fromMs: number, toMs: number) => void
}

export const useSetTimeRange = (): SetTimeRange => {
  const setSearch = useSetSearch()
  return useMemo(
    () => ({
      preset: (name) =>
        setSearch({ range: name === presetName ? undefined : name, from: undefined, to: undefined }),
      between: (fromMs, toMs) =>
        setSearch({
          range: undefined,
          from: new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
        }),
    }),
    [setSearch],
  )
}
