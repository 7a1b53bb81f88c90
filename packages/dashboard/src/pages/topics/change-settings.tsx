/** Changes that wait: the cluster is asked what they would do, then they are made, and can be taken back. */
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { unknown } from '../../parts/format.ts'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { sayDone, sayFailed } from '../../parts/toast.tsx'
import { type Changes, settingsCurl, spokenValue } from './settings-edit.ts'

interface Change {
  readonly name: string
  readonly before: string | null
  readonly after: string | null
}

const words = (name: string, value: string | null): string => {
  if (value === null) return 'as the cluster is set'
  const spoken = spokenValue(name, value)
  return spoken === null ? value : `${value} (${spoken})`
}

const BeforeAfter = ({ changes }: { changes: readonly Change[] }): ReactNode => (
  <div className="table">
    <table>
      <thead>
        <tr>
          <th>Setting</th>
          <th>Before</th>
          <th>After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ name, before, after }) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
            </td>
            <td className="mono soft">{before === null ? unknown : words(name, before)}</td>
            <td className="mono">
              <b>{words(name, after)}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const Check = ({
  topic,
  changes,
  close,
  done,
}: {
  topic: string
  changes: Changes
  close: () => void
  done: () => void
}): ReactNode => {
  const check = useChange('topics', 'settings')
  const apply = useChange('topics', 'settings')
  const ask = (settings: Changes, dryRun: boolean) => ({
    params: { name: topic },
    body: { settings: { ...settings }, dry_run: dryRun },
  })
  if (check.isIdle) check.mutate(ask(changes, true))
  const run = (): void =>
    apply.mutate(ask(changes, false), {
      onSuccess: ({ changes: made }) => {
        const back = Object.fromEntries(made.map(({ name, before }) => [name, before]))
        sayDone(`Settings of ${topic} were changed.`, () =>
          apply.mutate(ask(back, false), {
            onError: sayFailed,
            onSuccess: () => sayDone('They are as before.'),
          }),
        )
        done()
        close()
      },
    })
  const problem = check.error ?? apply.error
  return (
    <Dialog
      title={`Change settings of ${topic}`}
      wide
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button
            type="button"
            className="btn pri"
            disabled={check.data === undefined || apply.isPending}
            onClick={run}
          >
            {apply.isPending ? 'Changing …' : 'Change settings'}
          </button>
        </>
      }
    >
      {problem === null ? null : <Failure error={problem} />}
      {check.data === undefined ? (
        problem === null && <Skeleton height={90} />
      ) : (
        <>
          <BeforeAfter changes={check.data.changes} />
          <p className="small soft">The cluster has checked them; nothing is changed yet.</p>
        </>
      )}
      <CodeBlock text={settingsCurl(location.origin, topic, changes)} />
    </Dialog>
  )
}

export const ChangeSettings = ({
  topic,
  changes,
  done,
}: {
  topic: string
  changes: Changes
  done: () => void
}): ReactNode => {
  const [checks, setChecks] = useState(false)
  const count = Object.keys(changes).length
  return (
    <div className="notice" role="status">
      <span className="num">
        {count} {count === 1 ? 'setting waits' : 'settings wait'} to be changed
      </span>
      <span className="btns end-btns">
        <button type="button" className="btn" onClick={done}>
          Forget
        </button>
        <button type="button" className="btn pri" onClick={() => setChecks(true)}>
          See before and after
        </button>
      </span>
      {checks && <Check topic={topic} changes={changes} close={() => setChecks(false)} done={done} />}
    </div>
  )
}
