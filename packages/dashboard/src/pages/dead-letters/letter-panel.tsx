/** One dead letter beside the list: why, from where, the record as it came, and sending it again. */
import { type ReactNode, useMemo } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { CopyButton } from '../../parts/code-block.tsx'
import { bothTimes, momentText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { bytesOfBase64 } from '../../parts/hex.ts'
import { SidePanel } from '../../parts/side-panel.tsx'
import { Loaded } from '../../parts/states.tsx'
import { ValueBytes, ValueText, ValueTree } from '../messages/message-value.tsx'
import '../messages/messages.css'
import { askLetterMs, type Letter } from './letter.ts'
import { LetterChip } from './letter-columns.tsx'
import { LetterEditor } from './letter-editor.tsx'

const views = [
  { name: 'tree', title: 'Record' },
  { name: 'raw', title: 'Raw' },
  { name: 'headers', title: 'Headers' },
  { name: 'redrive', title: 'Redrive' },
] as const

type View = (typeof views)[number]['name']

const Facts = ({ letter }: { letter: Letter }): ReactNode => (
  <dl className="kv num">
    <dt>Pipeline</dt>
    <dd>
      <Go className="lnk" to="/pipelines/$name" params={{ name: letter.pipeline }}>
        {letter.pipeline}
      </Go>
    </dd>
    <dt>Refused by</dt>
    <dd className="mono">{letter.step}</dd>
    <dt>Code</dt>
    <dd className="mono">{letter.code}</dd>
    <dt>Attempts</dt>
    <dd>{letter.attempts}</dd>
    <dt>Came from</dt>
    <dd>
      <span className="mono">{letter.lane}</span> number <span className="mono">{letter.number}</span>
    </dd>
    <dt>Record</dt>
    <dd className="mono">{letter.record_id}</dd>
    <dt>Key</dt>
    <dd className="mono">
      {letter.key ?? unknown}
      {letter.key_encoding === 'base64' ? ' (bytes, base64)' : ''}
    </dd>
    <dt>Its time</dt>
    <dd title={bothTimes(letter.record_time)}>{letter.record_time}</dd>
    <dt>Refused at</dt>
    <dd title={bothTimes(letter.created_at)}>
      {momentText(letter.created_at)} · {letter.created_at}
    </dd>
  </dl>
)

const Headers = ({ letter }: { letter: Letter }): ReactNode =>
  letter.headers.length === 0 ? (
    <p className="soft">It has no headers.</p>
  ) : (
    <dl className="kv mono mi-headers">
      {letter.headers.map(({ key, value }, at) => (
        <div key={at} className="mi-header">
          <dt>{key}</dt>
          <dd>
            {value ?? <em className="faint">null</em>}
            {value === null ? null : <CopyButton text={value} what={`Copy ${key}`} />}
          </dd>
        </div>
      ))}
    </dl>
  )

const Value = ({ letter, raw }: { letter: Letter; raw: boolean }): ReactNode => {
  const { value, value_encoding: encoding } = letter
  const bytes = useMemo(
    () => (encoding === 'base64' && value !== null ? bytesOfBase64(value) : null),
    [encoding, value],
  )
  if (value === null) return <p className="soft">A tombstone: it came without a value.</p>
  if (bytes !== null && !raw) return <ValueBytes bytes={bytes} />
  return raw ? <ValueText text={value} /> : <ValueTree text={value} earlier={null} onFilter={null} />
}

const Shown = ({ letter }: { letter: Letter }): ReactNode => {
  const [viewText, setView] = useSearchText('view', 'tree')
  const view: View = views.find(({ name }) => name === viewText)?.name ?? 'tree'
  return (
    <>
      <p className="dl-reason">{letter.reason}</p>
      <Facts letter={letter} />
      <div className="mi-views dl-views" role="tablist" aria-label="The record, and sending it again">
        {views.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`dl-${name}`}
            aria-selected={name === view}
            aria-controls="dl-view"
            onClick={() => setView(name)}
          >
            {title} {name === 'headers' ? letter.headers.length : null}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="dl-view" aria-labelledby={`dl-${view}`} className={`dl-view dl-${view}`}>
        {view === 'headers' ? <Headers letter={letter} /> : null}
        {view === 'redrive' ? <LetterEditor key={letter.id} letter={letter} /> : null}
        {view === 'tree' || view === 'raw' ? <Value letter={letter} raw={view === 'raw'} /> : null}
      </div>
    </>
  )
}

export const LetterPanel = ({ id, close }: { id: string; close: () => void }): ReactNode => {
  const asked = useAnswer(
    'deadLetters',
    'show',
    { params: { id } },
    { everyMs: (letter) => (letter === undefined ? 0 : askLetterMs(letter)) },
  )
  return (
    <SidePanel
      title={`Dead letter ${id}`}
      close={close}
      more={
        <>
          {asked.data === undefined ? null : (
            <LetterChip status={asked.data.status} edited={asked.data.edited} />
          )}
          <CopyButton text={location.href} what="Copy link" />
        </>
      }
    >
      <Loaded from={asked} height={320}>
        {(letter) => <Shown letter={letter} />}
      </Loaded>
    </SidePanel>
  )
}
