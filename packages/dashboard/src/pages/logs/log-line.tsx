/** One line of the log: in the list, and opened beside it. */
import type { ReactNode } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { Chip, type Tone } from '../../parts/chip.tsx'
import { CopyButton } from '../../parts/code-block.tsx'
import { bothTimes, clockText, momentText } from '../../parts/format.ts'
import type { Column } from '../../parts/table.tsx'

export type LogLine = Answer<'logs', 'list'>['data'][number]

const tones: Readonly<Record<LogLine['level'], Tone>> = { debug: 'un', info: 'id', warn: 'wn', error: 'bd' }

const fieldText = (value: LogLine['fields'][string]): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

/** The facts of a line, short. */
const factsText = (fields: LogLine['fields']): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${fieldText(value)}`)
    .join(' ')

export const logColumns: readonly Column<LogLine>[] = [
  {
    key: 'time',
    title: 'Time',
    width: 104,
    className: 'mono num',
    cell: ({ time }) => <time title={bothTimes(time)}>{clockText(time, true)}</time>,
  },
  { key: 'level', title: 'Level', width: 84, cell: ({ level }) => <Chip tone={tones[level]}>{level}</Chip> },
  {
    key: 'component',
    title: 'Component',
    width: 190,
    className: 'soft',
    cell: ({ component, process }) => (
      <span className="clip log-part" title={`${component}, told by ${process}`}>
        {component}
      </span>
    ),
  },
  {
    key: 'message',
    title: 'Message',
    fixed: true,
    cell: ({ message, fields }) => (
      <span className="clip log-words">
        {message} <span className="mono faint">{factsText(fields)}</span>
      </span>
    ),
  },
]

/** Everything that a line says. */
export const LogDetails = ({
  line,
  only,
}: {
  line: LogLine
  only: (component: string) => void
}): ReactNode => (
  <>
    <p className="log-message">{line.message}</p>
    <dl className="kv">
      <dt>Time</dt>
      <dd title={bothTimes(line.time)}>
        {momentText(line.time)} · {line.time}
      </dd>
      <dt>Level</dt>
      <dd>
        <Chip tone={tones[line.level]}>{line.level}</Chip>
      </dd>
      <dt>Component</dt>
      <dd>
        {line.component}{' '}
        <button type="button" className="lnk" onClick={() => only(line.component)}>
          Only this
        </button>
      </dd>
      <dt>Process</dt>
      <dd>
        {line.process} on {line.host}
      </dd>
      {Object.entries(line.fields).map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt className="mono">{name}</dt>
          <dd className="mono">{fieldText(value)}</dd>
        </div>
      ))}
    </dl>
    <p className="faint small">
      The whole line as JSON <CopyButton text={JSON.stringify(line)} what="Copy the line" />
    </p>
  </>
)
