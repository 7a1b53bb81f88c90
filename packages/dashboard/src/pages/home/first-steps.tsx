/** A new installation: three steps that tick themselves as they become true, each with the exact command. */
import { type ReactNode, useState } from 'react'
import { useAddresses } from '../../client/addresses.ts'
import { useAnswer } from '../../client/queries.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { countText } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Icon } from '../../parts/icon.tsx'
import { hasLookedAtTopic } from '../../parts/looked.ts'

const storageKey = 'sluice.first-steps'

const wasClosed = (): boolean => {
  try {
    return localStorage.getItem(storageKey) === 'closed'
  } catch {
    return false
  }
}

const Step = ({ done, title, children }: { done: boolean; title: string; children: ReactNode }) => (
  <li className={done ? 'done' : undefined}>
    <h2>
      <span className="tick" role="img" aria-label={done ? 'Done' : 'Not yet'}>
        {done ? <Icon name="check" size={12} /> : null}
      </span>
      {title}
    </h2>
    {children}
  </li>
)

export const FirstSteps = () => {
  const overview = useLive('overview', {}).data
  const topics = useAnswer('topics', 'list', {}, { everyMs: 10_000 }).data
  const groups = useAnswer('groups', 'list', {}, { everyMs: 5_000 }).data
  const broker = useAddresses().kafka ?? 'BROKER'
  const [closed, setClosed] = useState(wasClosed)
  if (closed || overview === undefined || topics === undefined || groups === undefined) return null
  const { ledger } = overview
  const own = groups.data.filter(({ pipeline }) => pipeline === null)
  const done = [ledger.in > 0, hasLookedAtTopic(), own.length > 0] as const
  if (done.every(Boolean)) return null
  const topic = topics.data.find(({ read_by: readers }) => readers.length > 0)?.name ?? topics.data[0]?.name
  const close = (): void => {
    setClosed(true)
    try {
      localStorage.setItem(storageKey, 'closed')
    } catch {
      // A browser that keeps nothing: they are back when the page is loaded again.
    }
  }
  return (
    <section className="steps" aria-label="First steps">
      <ol>
        <Step done={done[0]} title="Data arrives">
          <p>{done[0] ? `${countText(ledger.in)} records were read so far.` : 'Nothing was read yet.'}</p>
          <CodeBlock text="./sluice pipelines" />
        </Step>
        <Step done={done[1]} title="Look into a topic">
          {topic === undefined ? (
            <p>There is no topic yet; the first one appears here.</p>
          ) : (
            <p>
              <Go className="lnk" to="/topics/$name" params={{ name: topic }}>
                Open {topic}
              </Go>
              , or from a terminal:
            </p>
          )}
          <CodeBlock text={`./sluice consume ${topic ?? 'TOPIC'}`} />
        </Step>
        <Step done={done[2]} title="Connect your own client">
          <p>
            {own[0] === undefined
              ? 'Any Kafka client will do; its group appears here.'
              : `${own[0].name} is there.`}
          </p>
          <CodeBlock text={`kcat -b ${broker} -G my-group ${topic ?? 'TOPIC'}`} />
        </Step>
      </ol>
      <button type="button" className="btn bare" aria-label="Close the first steps" onClick={close}>
        <Icon name="close" size={14} />
      </button>
    </section>
  )
}
