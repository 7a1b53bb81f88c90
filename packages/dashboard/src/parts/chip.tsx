/** Status chip: a mark, a word, since when. Never colour alone. */
import type { ReactNode } from 'react'
import { bothTimes, durationText } from './format.ts'
import { useNow } from './use-now.ts'

/** `un`: not known. */
export type Tone = 'ok' | 'wn' | 'bd' | 'id' | 'un'

export const Chip = ({ tone, children, note }: { tone: Tone; children: ReactNode; note?: ReactNode }) => (
  <span className={`chip ${tone}`}>
    <i aria-hidden />
    {children}
    {note === undefined ? null : <em className="num">{note}</em>}
  </span>
)

/** A state with how long it has lasted, counting on. */
export const StateChip = ({ tone, word, since }: { tone: Tone; word: string; since: string | null }) => {
  const now = useNow(5_000)
  if (since === null) return <Chip tone={tone}>{word}</Chip>
  return (
    <span title={`since ${bothTimes(since)}`}>
      <Chip tone={tone} note={durationText(Math.max(0, (now - Date.parse(since)) / 1_000))}>
        {word}
      </Chip>
    </span>
  )
}

const pipelineTones: Readonly<Record<string, Tone>> = {
  starting: 'id',
  running: 'ok',
  degraded: 'wn',
  paused: 'id',
  draining: 'wn',
  ended: 'id',
  stopped: 'id',
  failed: 'bd',
}

export const toneOfPipeline = (state: string): Tone => pipelineTones[state] ?? 'un'

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** State of a pipeline as everywhere: list, graph, top bar. */
export const PipelineChip = ({ state, since }: { state: string; since: string | null }) => (
  <StateChip tone={toneOfPipeline(state)} word={capital(state)} since={since} />
)
