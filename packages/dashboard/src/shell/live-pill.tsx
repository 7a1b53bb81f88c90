/** Whether what is shown is now: live, held by you, or since when it is not. */
import { useEffect } from 'react'
import { liveConnection } from '../live/connection.adapter.ts'
import { useFrozenSince, useLiveState } from '../live/hooks.adapter.ts'
import { clockText } from '../parts/format.ts'

const held = (sinceMs: number) =>
  ({
    tone: 'wn',
    word: `Held since ${clockText(sinceMs)}`,
    says: 'What is shown stays as it is. Press to go on.',
  }) as const

export const LivePill = () => {
  const state = useLiveState()
  const frozenSince = useFrozenSince()
  useEffect(() => {
    document.documentElement.dataset['live'] = state.kind
  }, [state.kind])
  const shown =
    frozenSince !== null
      ? held(frozenSince)
      : state.kind === 'live'
        ? { tone: 'ok', word: 'Live', says: 'Changes are shown as they happen. Press to hold what is shown.' }
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
        if (state.kind === 'lost') liveConnection().reconnect()
        else liveConnection().freeze(frozenSince === null)
      }}
    >
      <i aria-hidden />
      <span aria-live="polite">{shown.word}</span>
    </button>
  )
}
