/** Creates a topic; what it would be in the configuration file, as curl and as a command stands beside. */
import { type FormEvent, type ReactNode, useMemo, useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { useGoTo } from '../../parts/address.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Failure } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import {
  bodyOf,
  commandOf,
  countProblem,
  curlOf,
  type NewTopic,
  nameProblem,
  newTopic,
  retentions,
  yamlOf,
} from './new-topic.ts'

interface FieldsProps {
  readonly topic: NewTopic
  readonly onTopic: (topic: NewTopic) => void
  readonly problem: string | null
}

const withSetting = (topic: NewTopic, name: string, value: string | null): NewTopic => {
  const { [name]: _before, ...others } = topic.settings
  return { ...topic, settings: value === null ? others : { ...others, [name]: value } }
}

const Retention = ({ topic, onTopic }: Omit<FieldsProps, 'problem'>): ReactNode => (
  <>
    <label className="field">
      <span>Keep messages</span>
      <select
        value={topic.settings['retention.ms'] ?? ''}
        onChange={(event) =>
          onTopic(withSetting(topic, 'retention.ms', event.target.value === '' ? null : event.target.value))
        }
      >
        {retentions.map(({ title, ms }) => (
          <option key={title} value={ms ?? ''}>
            {title}
          </option>
        ))}
      </select>
    </label>
    <label className="check">
      <input
        type="checkbox"
        checked={topic.settings['cleanup.policy'] === 'compact'}
        onChange={(event) =>
          onTopic(withSetting(topic, 'cleanup.policy', event.target.checked ? 'compact' : null))
        }
      />
      Keep only the newest message of each key (compacted)
    </label>
  </>
)

const Fields = ({ topic, onTopic, problem }: FieldsProps): ReactNode => {
  const partitionsProblem = countProblem(topic.partitions)
  return (
    <>
      <label className="field">
        <span>Name</span>
        <input
          className="mono"
          autoComplete="off"
          spellCheck={false}
          value={topic.name}
          aria-invalid={problem !== null}
          aria-describedby="new-topic-problem"
          onChange={(event) => onTopic({ ...topic, name: event.target.value })}
        />
        <span className="wrong" id="new-topic-problem" aria-live="polite">
          {topic.name === '' ? '' : problem}
        </span>
      </label>
      <div className="two">
        <label className="field">
          <span>Partitions</span>
          <input
            type="number"
            min={1}
            max={10_000}
            value={Number.isNaN(topic.partitions) ? '' : topic.partitions}
            onChange={(event) => onTopic({ ...topic, partitions: event.target.valueAsNumber })}
          />
          <span className="wrong">{partitionsProblem ?? ''}</span>
        </label>
        <label className="field">
          <span>Copies</span>
          <select
            value={topic.replicas}
            onChange={(event) => onTopic({ ...topic, replicas: Number(event.target.value) })}
          >
            <option value={-1}>As the cluster is set</option>
            {[1, 2, 3].map((copies) => (
              <option key={copies} value={copies}>
                {copies}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p className="faint small">Partitions can be added later, never taken away.</p>
      <Retention topic={topic} onTopic={onTopic} />
    </>
  )
}

const Twins = ({ topic }: { topic: NewTopic }): ReactNode => (
  <div className="twins">
    <p className="small soft">In the configuration file, which then keeps it so</p>
    <CodeBlock text={yamlOf(topic)} />
    <p className="small soft">From a terminal</p>
    <CodeBlock text={commandOf(topic)} />
    <CodeBlock text={curlOf(location.origin, topic)} />
  </div>
)

export const CreateDialog = ({
  close,
  existing,
}: {
  close: () => void
  existing: readonly { readonly name: string }[]
}): ReactNode => {
  const [topic, setTopic] = useState<NewTopic>(newTopic)
  const names = useMemo(() => new Set(existing.map(({ name }) => name)), [existing])
  const problem = nameProblem(topic.name, names)
  const create = useChange('topics', 'create')
  const goTo = useGoTo()
  const isGood = problem === null && countProblem(topic.partitions) === null
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!isGood || create.isPending) return
    create.mutate(
      { body: bodyOf(topic) },
      {
        onSuccess: () => {
          sayDone(`${topic.name} is there.`)
          close()
          goTo('/topics/$name', { name: topic.name })
        },
      },
    )
  }
  return (
    <Dialog
      title="Create a topic"
      wide
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button type="submit" form="new-topic" className="btn pri" disabled={!isGood || create.isPending}>
            {create.isPending ? 'Creating …' : 'Create topic'}
          </button>
        </>
      }
    >
      <div className="form-and-twins">
        <form id="new-topic" onSubmit={submit}>
          <Fields topic={topic} onTopic={setTopic} problem={problem} />
          {create.error === null ? null : <Failure error={create.error} />}
        </form>
        <Twins topic={topic} />
      </div>
    </Dialog>
  )
}
