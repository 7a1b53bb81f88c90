/** What cannot be undone: more partitions, and deleting the topic with all that hangs on it. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { useGoTo } from '../../parts/address.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { ConfirmDialog, Dialog } from '../../parts/dialog.tsx'
import { countText, sizeText } from '../../parts/format.ts'
import { Failure } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { shellWord } from '../messages/question.ts'
import type { Topic } from './topic-frame.tsx'

const listed = (names: readonly string[]): string => names.join(', ')

/** Who breaks, in sentences. */
const Blast = ({ topic }: { topic: Topic }): ReactNode => {
  const { groups } = topic
  return (
    <ul className="blast">
      <li className="num">
        {countText(topic.messages)} messages ({sizeText(topic.size_bytes)}) are lost for ever.
      </li>
      {topic.written_by.length > 0 && (
        <li>
          Stops being written by pipelines: {listed(topic.written_by)}. Their records have nowhere to go.
        </li>
      )}
      {topic.read_by.length > 0 && <li>Stops being read by pipelines: {listed(topic.read_by)}.</li>}
      {groups.length > 0 && (
        <li>
          Positions of {groups.length} consumer {groups.length === 1 ? 'group' : 'groups'} in it are lost:{' '}
          {listed(groups.slice(0, 10))}
          {groups.length > 10 ? ' …' : ''}.
        </li>
      )}
      {topic.written_by.length + topic.read_by.length + groups.length === 0 && (
        <li>No pipeline uses it and no group has read it. Other producers are not known to Kafka.</li>
      )}
    </ul>
  )
}

const DeleteTopic = ({ topic, close }: { topic: Topic; close: () => void }): ReactNode => {
  const remove = useChange('topics', 'delete')
  const goTo = useGoTo()
  const isUsed = topic.read_by.length + topic.written_by.length > 0
  const run = (): void =>
    remove.mutate(
      { params: { name: topic.name }, ...(isUsed ? { query: { force: true } } : {}) },
      {
        onSuccess: () => {
          sayDone(`${topic.name} is gone.`)
          close()
          goTo('/topics')
        },
      },
    )
  return (
    <ConfirmDialog
      title={`Delete ${topic.name}`}
      name={topic.name}
      verb={isUsed ? 'Delete topic, pipelines use it' : 'Delete topic'}
      busy={remove.isPending}
      confirm={run}
      close={close}
    >
      <Blast topic={topic} />
      {remove.error === null ? null : <Failure error={remove.error} />}
      <CodeBlock text={`./sluice topics delete ${shellWord(topic.name)}${isUsed ? ' --force' : ''}`} />
    </ConfirmDialog>
  )
}

const AddPartitions = ({ topic, close }: { topic: Topic; close: () => void }): ReactNode => {
  const [typed, setTyped] = useState(topic.partitions + 1)
  const add = useChange('topics', 'partitions')
  const isGood = Number.isInteger(typed) && typed > topic.partitions && typed <= 10_000
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!isGood) return
    add.mutate(
      { params: { name: topic.name }, body: { partitions: typed } },
      {
        onSuccess: ({ after }) => {
          sayDone(`${topic.name} has ${after} partitions.`)
          close()
        },
      },
    )
  }
  return (
    <Dialog
      title={`More partitions for ${topic.name}`}
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button
            type="submit"
            form="add-partitions"
            className="btn dg pri"
            disabled={!isGood || add.isPending}
          >
            {isGood ? `Make it ${countText(typed)} partitions` : 'Make it more'}
          </button>
        </>
      }
    >
      <p>
        It cannot be undone. Messages stay where they are; from now on a key may go to another partition than
        before, so the order of one key’s messages holds only within each time.
      </p>
      <form id="add-partitions" onSubmit={submit}>
        <label className="field">
          <span>Partitions, now {countText(topic.partitions)}</span>
          <input
            type="number"
            min={topic.partitions + 1}
            max={10_000}
            value={Number.isNaN(typed) ? '' : typed}
            onChange={(event) => setTyped(event.target.valueAsNumber)}
          />
        </label>
      </form>
      {add.error === null ? null : <Failure error={add.error} />}
    </Dialog>
  )
}

export const DangerZone = ({ topic }: { topic: Topic }): ReactNode => {
  const [open, setOpen] = useState<'delete' | 'partitions' | null>(null)
  const close = (): void => setOpen(null)
  return (
    <section aria-label="What cannot be undone">
      <div className="head">
        <h2>What cannot be undone</h2>
      </div>
      <div className="btns">
        <button type="button" className="btn" onClick={() => setOpen('partitions')}>
          Add partitions…
        </button>
        <button
          type="button"
          className="btn dg"
          disabled={topic.internal}
          title={topic.internal ? 'Kafka keeps its own books in it.' : undefined}
          onClick={() => setOpen('delete')}
        >
          Delete topic…
        </button>
      </div>
      {open === 'delete' && <DeleteTopic topic={topic} close={close} />}
      {open === 'partitions' && <AddPartitions topic={topic} close={close} />}
    </section>
  )
}
