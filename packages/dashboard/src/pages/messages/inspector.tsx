/**
 * One message in full: what it is, when, how large, and its value as tree, text, bytes, headers, or compared with the
 * message before it of the same key.
 */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../client/call.adapter.ts'
import { useAnswer } from '../../client/queries.ts'
import { CopyButton } from '../../parts/code-block.tsx'
import { agoText, bothTimes, clockText, sizeText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Icon } from '../../parts/icon.tsx'
import { DiffView } from '../../parts/json/diff-view.tsx'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { useNow } from '../../parts/use-now.ts'
import { type Draft, draftOf, typedCharsMax } from './draft.ts'
import { groupedDigits, type MessageRow, valueText } from './message-row.ts'
import { type Earlier, ValueBytes, ValueText, ValueTree } from './message-value.tsx'
import { type InspectorView, inspectorViews } from './question.ts'
import { type MessagePlace, unaskedBytes, useMessage, type WholeValue } from './use-message.ts'

type Shown = NonNullable<ReturnType<typeof useMessage>['shown']['data']>

export interface InspectorProps {
  readonly place: MessagePlace
  readonly view: InspectorView
  readonly onView: (view: InspectorView) => void
  readonly onClose: () => void
  readonly onFilter: (condition: string) => void
  /** The message before it with the same key, where the list has it. */
  readonly earlierRow: MessageRow | null
  readonly onStep: (by: 1 | -1) => void
  /** Opens what the message holds to be changed and written again; null where one may not write. */
  readonly onAgain: ((draft: Draft) => void) | null
}

const keyLiteral = (key: string): string => JSON.stringify(key)

/** The last message before this one with the same key, in its partition. */
const useEarlier = (place: MessagePlace, shown: Shown | undefined, enabled: boolean) =>
  useQuery({
    queryKey: ['message.earlier', place],
    enabled: enabled && shown?.key_encoding === 'utf8',
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      call(
        'messages',
        'read',
        {
          params: { name: place.topic },
          query: {
            from: `before:${place.partition}=${place.offset}`,
            partition: place.partition,
            filter: `meta.key == ${keyLiteral(shown?.key ?? '')}`,
            limit: 1,
            preview_bytes: unaskedBytes,
          },
        },
        signal,
      ),
  })

const batchText = (batch: Shown['batch']): string =>
  batch === null ? '' : `, ${batch.codec === 'none' ? 'uncompressed' : batch.codec} batch of ${batch.records}`

const ReadBy = ({ topic }: { topic: string }): ReactNode => {
  const known = useAnswer('topics', 'show', { params: { name: topic } })
  const readers = known.data?.read_by ?? []
  if (readers.length === 0) return null
  return (
    <>
      <dt>Read by</dt>
      <dd>
        {readers.map((name) => (
          <Go key={name} className="lnk" to="/pipelines/$name" params={{ name }}>
            {name}{' '}
          </Go>
        ))}
      </dd>
    </>
  )
}

const Facts = ({ shown }: { shown: Shown }): ReactNode => {
  const now = useNow(1_000)
  return (
    <dl className="kv num">
      <dt>Time</dt>
      <dd title={bothTimes(shown.timestamp)}>
        {clockText(shown.timestamp, true)} · {agoText(shown.timestamp, now)}
      </dd>
      <dt>UTC</dt>
      <dd>{shown.timestamp}</dd>
      <dt>Key</dt>
      <dd className="mono">
        {shown.key ?? unknown}
        {shown.key_encoding === 'base64' ? ' (bytes, base64)' : ''}
        {shown.key === null ? null : <CopyButton text={shown.key} what="Copy the key" />}
      </dd>
      <dt>Size</dt>
      <dd>
        {sizeText(shown.size_bytes)}
        {batchText(shown.batch)}
      </dd>
      <ReadBy topic={shown.topic} />
    </dl>
  )
}

const viewNames = (shown: Shown | undefined): Readonly<Record<InspectorView, string>> => ({
  tree: 'Tree',
  raw: 'Raw',
  hex: 'Hex',
  headers: `Headers ${shown?.headers.length ?? ''}`,
  diff:
    shown === undefined || shown.key === null ? 'Diff' : `Diff with previous of ${shown.key.slice(0, 24)}`,
})

const Views = ({
  shown,
  view,
  onView,
}: { shown: Shown | undefined } & Pick<InspectorProps, 'view' | 'onView'>): ReactNode => {
  const names = viewNames(shown)
  return (
    <div className="mi-views" role="tablist" aria-label="Ways to see the value">
      {inspectorViews.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`view-${one}`}
          aria-selected={one === view}
          aria-controls="message-value"
          disabled={one === 'diff' && shown !== undefined && shown.key_encoding !== 'utf8'}
          title={one === 'diff' && shown?.key === null ? 'It has no key to compare by.' : undefined}
          onClick={() => onView(one)}
        >
          {names[one]}
        </button>
      ))}
    </div>
  )
}

const Headers = ({ shown }: { shown: Shown }): ReactNode =>
  shown.headers.length === 0 ? (
    <p className="soft">It has no headers.</p>
  ) : (
    <dl className="kv mono mi-headers">
      {shown.headers.map((header, at) => (
        <div key={at} className="mi-header">
          <dt>{header.key}</dt>
          <dd>
            {header.value ?? <em className="faint">null</em>}
            {header.value === null ? null : <CopyButton text={header.value} what={`Copy ${header.key}`} />}
          </dd>
        </div>
      ))}
    </dl>
  )

const Difference = ({
  place,
  shown,
  text,
}: {
  place: MessagePlace
  shown: Shown
  text: string
}): ReactNode => {
  const asked = useEarlier(place, shown, true)
  if (asked.error) return <Failure error={asked.error} retry={() => void asked.refetch()} />
  if (asked.data === undefined) return <Skeleton height={120} />
  const earlier = asked.data.data[0]
  if (earlier === undefined) {
    return (
      <p className="soft">
        {asked.data.at_end
          ? 'This is the first message of its key that the partition still holds.'
          : `No earlier message of its key among the last ${asked.data.scanned.toLocaleString('en')} of the partition; older ones were not searched.`}
      </p>
    )
  }
  return (
    <>
      <p className="soft small num">
        Compared with {earlier.partition} : {groupedDigits(earlier.offset)} of{' '}
        {clockText(earlier.timestamp, true)}
        {earlier.truncated ? '; of both only the beginning' : ''}
      </p>
      <div className="mi-fill">
        <DiffView before={valueText(earlier)} after={text} label="Difference to the message before" />
      </div>
    </>
  )
}

const LoadWhole = ({
  shown,
  message,
}: {
  shown: Shown
  message: ReturnType<typeof useMessage>
}): ReactNode =>
  message.whole !== null || !shown.truncated ? null : (
    <div className="mi-cut" role="status">
      <span className="num">
        {message.isLoadingWhole
          ? `Loading ${sizeText(shown.size_bytes)} …`
          : `The beginning of ${sizeText(shown.size_bytes)} is shown.`}
      </span>
      <button type="button" className="btn" disabled={message.isLoadingWhole} onClick={message.loadWhole}>
        Load whole message
      </button>
    </div>
  )

const bytesOf = (whole: WholeValue | null, shown: Shown): Uint8Array =>
  whole?.bytes ?? new TextEncoder().encode(valueText(shown))

const Body = ({
  props,
  shown,
  message,
  earlier,
}: {
  props: InspectorProps
  shown: Shown
  message: ReturnType<typeof useMessage>
  earlier: Earlier | null
}): ReactNode => {
  const { view, onFilter, place } = props
  const { whole } = message
  if (view === 'headers') return <Headers shown={shown} />
  if (shown.value === null && shown.value_encoding === null)
    return (
      <p className="soft">A tombstone: it has no value. In a compacted topic it removes what its key held.</p>
    )
  const text = whole?.text ?? valueText(shown)
  if (view === 'hex' || (shown.value_encoding === 'base64' && view !== 'raw'))
    return <ValueBytes bytes={bytesOf(whole, shown)} />
  if (view === 'raw') return <ValueText text={text} />
  if (view === 'diff') return <Difference place={place} shown={shown} text={text} />
  return <ValueTree text={text} earlier={earlier} onFilter={onFilter} />
}

const Head = ({ place, onClose, onStep }: InspectorProps): ReactNode => (
  <header>
    <h2>
      Message{' '}
      <small className="mono">
        {place.topic}/{place.partition}/{place.offset}
      </small>
    </h2>
    <span className="mi-head-end">
      <button type="button" className="btn bare" aria-label="Newer message (k)" onClick={() => onStep(-1)}>
        <Icon name="up" />
      </button>
      <button type="button" className="btn bare" aria-label="Older message (j)" onClick={() => onStep(1)}>
        <Icon name="down" />
      </button>
      <CopyButton text={location.href} what="Copy link" />
      <button type="button" className="btn bare" aria-label="Close (Esc)" onClick={onClose}>
        <Icon name="close" />
      </button>
    </span>
  </header>
)

/** Only what is here whole can be written again. */
const Again = ({
  shown,
  message,
  onAgain,
}: {
  shown: Shown
  message: ReturnType<typeof useMessage>
} & Pick<InspectorProps, 'onAgain'>): ReactNode => {
  const isWhole = !shown.truncated || message.whole !== null
  const text = message.whole?.text ?? valueText(shown)
  const draft = isWhole ? draftOf(shown, text) : null
  return (
    <div className="btns mi-acts">
      <button
        type="button"
        className="btn"
        disabled={onAgain === null || draft === null}
        title={
          onAgain === null
            ? 'You may read messages here, not write them (messages:write).'
            : isWhole
              ? draft === null
                ? text.length > typedCharsMax
                  ? 'Too long to edit here; from a file: ./sluice produce TOPIC < FILE'
                  : 'Its key or value is no text.'
                : 'Opens a copy to change; nothing is written before you say so'
              : 'Load the whole message first.'
        }
        onClick={() => draft !== null && onAgain?.(draft)}
      >
        Edit a copy…
      </button>
    </div>
  )
}

const earlierOf = (row: MessageRow | null, shown: Shown): Earlier | null =>
  row === null
    ? null
    : {
        text: valueText(row),
        secondsBetween: (Date.parse(shown.timestamp) - Date.parse(row.timestamp)) / 1_000,
      }

/** The inspector of one message. */
export const Inspector = (props: InspectorProps): ReactNode => {
  const message = useMessage(props.place)
  const { shown } = message
  return (
    <aside className="mi" aria-label="Message" id="inspector" tabIndex={-1}>
      <Head {...props} />
      {shown.data === undefined ? (
        shown.error === null ? (
          <Skeleton height={220} />
        ) : (
          <Failure error={shown.error} retry={() => void shown.refetch()} />
        )
      ) : (
        <>
          <Facts shown={shown.data} />
          <Views shown={shown.data} view={props.view} onView={props.onView} />
          <LoadWhole shown={shown.data} message={message} />
          {message.wholeError === null ? null : (
            <Failure error={message.wholeError} retry={message.loadWhole} />
          )}
          <div className="mi-value" role="tabpanel" id="message-value" aria-labelledby={`view-${props.view}`}>
            <Body
              props={props}
              shown={shown.data}
              message={message}
              earlier={earlierOf(props.earlierRow, shown.data)}
            />
          </div>
          <Again shown={shown.data} message={message} onAgain={props.onAgain} />
        </>
      )}
    </aside>
  )
}
