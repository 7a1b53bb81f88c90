/** The hand on a pipeline: start, pause and stop act at once and can be undone; rewinding asks first. */
import { type ReactNode, useMemo, useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { useMay } from '../../client/session.ts'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { sayDone, sayFailed } from '../../parts/toast.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { type Pipeline, standsStill } from './pipeline-words.ts'

type Verb = 'start' | 'pause' | 'stop'

const done: Readonly<Record<Verb, string>> = { start: 'starts', pause: 'pauses', stop: 'stops' }

/** What brings back the state before. */
const verbOf = (state: string): Verb =>
  state === 'paused' ? 'pause' : state === 'stopped' ? 'stop' : 'start'

const useControl = (pipeline: Pipeline) => {
  const start = useChange('pipelines', 'start')
  const pause = useChange('pipelines', 'pause')
  const stop = useChange('pipelines', 'stop')
  const of = { start, pause, stop }
  const act = (verb: Verb, undo: Verb | null): void =>
    of[verb].mutate(
      { params: { name: pipeline.name } },
      {
        onSuccess: () =>
          sayDone(`${pipeline.name} ${done[verb]}.`, undo === null ? null : () => act(undo, null)),
        onError: sayFailed,
      },
    )
  return {
    act: (verb: Verb) => act(verb, verbOf(pipeline.state)),
    isBusy: start.isPending || pause.isPending || stop.isPending,
  }
}

export const Controls = ({ pipeline }: { pipeline: Pipeline }): ReactNode => {
  const mayControl = useMay('pipelines:control')
  const mayMove = useMay('positions:write')
  const { act, isBusy } = useControl(pipeline)
  const [isMoving, setMoving] = useState(false)
  const isStanding = standsStill(pipeline.state)
  const mayStart = isStanding || pipeline.state === 'failed' || pipeline.state === 'ended'
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [{ keys: 'w', says: 'Rewind the pipeline', run: () => setMoving(true) }],
      [],
    ),
  )
  const why = mayControl ? undefined : 'You need the permission pipelines:control.'
  return (
    <div className="btns">
      <button
        type="button"
        className={mayStart ? 'btn pri' : 'btn'}
        disabled={!mayControl || isBusy || !mayStart}
        title={why}
        onClick={() => act('start')}
      >
        Start
      </button>
      <button
        type="button"
        className="btn"
        disabled={!mayControl || isBusy || isStanding}
        title={why}
        onClick={() => act('pause')}
      >
        Pause
      </button>
      <button
        type="button"
        className="btn dg"
        disabled={!mayControl || isBusy || pipeline.state === 'stopped'}
        title={why}
        onClick={() => act('stop')}
      >
        Stop
      </button>
      <button
        type="button"
        className="btn"
        disabled={!mayMove}
        title={mayMove ? undefined : 'You need the permission positions:write.'}
        onClick={() => setMoving(true)}
      >
        Rewind…
      </button>
      {mayControl || mayMove ? null : (
        <span className="faint small" style={{ alignSelf: 'center' }}>
          You may look at it, not control it (pipelines:control).
        </span>
      )}
      {isMoving ? <MoveDialog pipeline={pipeline} close={() => setMoving(false)} /> : null}
    </div>
  )
}
