/** Whether what is shown is now: live, held by you, or since when it is not. */
import { useEffect } from 'react'
import { liveConnection } from '../live/connection.adapter.ts'
import { useFrozenSince, useLiveProblem, useLiveState } from '../live/hooks.adapter.ts'
import { clockText } from '../parts/format.ts'

const held = (sinceMs: number) =>
  ({
    tone: 'wn',
    word: `Held since ${clockText(sinceMs)}`,
    says: 'What is shown stays as it is. Press to go on.',
  }) as const

const partly = (problem: string) =>
  ({
    tone: 'wn',
    word: 'Partly live',
    says: `Some of what is shown is asked for every five seconds instead: ${problem} Press to connect anew.`,
  }) as const

export const LivePill = () => {
  const state = useLiveState()
  const frozenSince = useFrozenSince()
  const problem = useLiveProblem()
  useEffect(() => {
    document.documentElement.dataset['live'] = state.kind
  }, [state.kind])
  const shown =
    frozenSince !== null
      ? held(frozenSince)
      : state.kind === 'live' && problem !== null
        ? partly(problem)
        : state.kind === 'live'
          ? {
              tone: 'ok',
              word: 'Live',
              says: 'Changes are shown as they happen. Press to hold what is shown.',
            }
          : state.kind === 'polling'
            ? { tone: 'ok', word: 'Every 2 s', says: 'No live feed: the page asks every two seconds.' }
            : state.kind === 'lost'
              ? {
                  tone: 'bd',
                  word: `Stale since ${clockText(state.sinceMs)}`,
                  says: 'Sluice does not answer. The page goes on trying; press to try now.',
                }
              : { tone: 'id', word: 'Connecting', says: 'The live feed is being opened.' }
  return (
    <button
      type="button"
      className={`pill num ${shown.tone}`}
      title={shown.says}
      onClick={() => {
        if (state.kind === 'lost' || (state.kind === 'live' && frozenSince === null && problem !== null))
          liveConnection().reconnect()
        else liveConnection().freeze(frozenSince === null)
      }}
    >
      <i aria-hidden />
      <span aria-live="polite">{shown.word}</span>
    </button>
  )
}
