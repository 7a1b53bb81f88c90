/**
 * Logs: newest first, by level, component, words and time. The list stands still while one reads: new lines are counted
 * above it and come when they are asked for, or by themselves while one follows.
 */
import { type ReactNode, type Ref, useCallback, useMemo, useRef, useState } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { sizeText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { SidePanel } from '../../parts/side-panel.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import { logCommand } from './log-command.ts'
import { LogDetails, type LogLine, logColumns } from './log-line.tsx'
import './logs.css'

const levels = [
  { name: 'error', title: 'Errors' },
  { name: 'warn', title: 'Warnings' },
  { name: 'info', title: 'Info' },
  { name: 'debug', title: 'All' },
] as const

type Level = (typeof levels)[number]['name']

const levelOf = (text: string): Level => levels.find(({ name }) => name === text)?.name ?? 'info'

const pageRows = 500
const askEveryMs = 2_000

/** Lines up to a moment that stands still until `more` is asked for. */
const useLines = (level: Level, component: string, text: string, follows: boolean) => {
  const range = useTimeRange()
  const [untilMs, setUntilMs] = useState(() => Date.now())
  const question = {
    level,
    ...(component === '' ? {} : { component }),
    ...(text === '' ? {} : { text }),
    from: new Date(range.fromMs).toISOString(),
  }
  const toMs = range.moves ? (follows ? undefined : untilMs) : range.toMs
  const asked = useAnswer(
    'logs',
    'list',
    {
      query: {
        ...question,
        // While it stands, the start stands too: the same question, the same answer.
        from:
          follows || !range.moves
            ? question.from
            : new Date(untilMs - (range.toMs - range.fromMs)).toISOString(),
        ...(toMs === undefined ? {} : { to: new Date(toMs).toISOString() }),
        limit: pageRows,
      },
    },
    { keepPrevious: true, ...(follows ? { everyMs: askEveryMs } : {}) },
  )
  const newer = useAnswer(
    'logs',
    'list',
    { query: { ...question, from: new Date(untilMs).toISOString(), limit: 100 } },
    { everyMs: askEveryMs, enabled: range.moves && !follows },
  )
  const show = useCallback(() => setUntilMs(Date.now()), [])
  return { asked, waiting: follows ? 0 : (newer.data?.count ?? 0), show }
}

const NoLines = ({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactNode => (
  <Empty title={isFiltered ? 'No line is like that' : 'Nothing was told in this time'}>
    <p>
      {isFiltered
        ? 'Look at more levels, at a longer time (top right), or clear the filter.'
        : 'Processes tell what they start, stop and cannot do. Choose a longer time at the top right, or look at all levels.'}
    </p>
    {isFiltered ? (
      <button type="button" className="btn" onClick={clear}>
        Clear the filter
      </button>
    ) : null}
  </Empty>
)

interface ToolsProps {
  readonly text: string
  readonly setText: (text: string) => void
  readonly level: Level
  readonly setLevel: (level: string) => void
  readonly component: string
  readonly setComponent: (component: string) => void
  /** Those that told something lately. */
  readonly components: readonly string[]
  readonly searchRef: Ref<HTMLInputElement>
  readonly children: ReactNode
}

/** What is looked for. */
const Tools = (props: ToolsProps): ReactNode => {
  const { text, setText, level, setLevel, component, setComponent, components, searchRef, children } = props
  const choices = new Set(component === '' ? components : [...components, component])
  return (
    <div className="tools cat-tools">
      <input
        ref={searchRef}
        className="input"
        type="search"
        placeholder="Search words and facts"
        aria-label="Search words and facts"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="facets" role="group" aria-label="Level">
        {levels.map(({ name, title }) => (
          <button key={name} type="button" aria-pressed={name === level} onClick={() => setLevel(name)}>
            {title}
          </button>
        ))}
      </div>
      <select
        className="input log-components"
        aria-label="Component"
        value={component}
        onChange={(event) => setComponent(event.target.value)}
      >
        <option value="">All components</option>
        {[...choices].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <span className="end btns">{children}</span>
    </div>
  )
}

/** Lines, or why there are none. */
const Lines = ({
  asked,
  openId,
  setOpenId,
  isFiltered,
  clear,
}: {
  asked: ReturnType<typeof useLines>['asked']
  openId: string
  setOpenId: (id: string) => void
  isFiltered: boolean
  clear: () => void
}): ReactNode => {
  if (asked.data === undefined) {
    return asked.error === null ? (
      <Skeleton height={420} />
    ) : (
      <Failure error={asked.error} retry={() => void asked.refetch()} />
    )
  }
  return (
    <Table
      fill
      label="Log lines"
      columns={logColumns}
      rows={asked.data.data}
      keyOf={({ id }) => id}
      selected={openId === '' ? null : openId}
      open={({ id }) => setOpenId(id)}
      empty={<NoLines isFiltered={isFiltered} clear={clear} />}
    />
  )
}

const Kept = ({ days, sizeBytes }: { days: number; sizeBytes: number }): ReactNode => (
  <span className="faint small">
    kept {days} days, {sizeText(sizeBytes)}
  </span>
)

/** Keys of the page; gives the field that `/` leads to. */
const useLogKeys = (show: () => void, setFollows: (change: (before: boolean) => boolean) => void) => {
  const searchRef = useRef<HTMLInputElement>(null)
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [
        { keys: '/', says: 'Search the log', run: () => searchRef.current?.focus() },
        { keys: 'f', says: 'Follow the log, or stop', run: () => setFollows((before) => !before) },
        { keys: 'r', says: 'Show new lines', run: show },
      ],
      [show, setFollows],
    ),
  )
  return searchRef
}

const LogsPage = (): ReactNode => {
  const [levelText, setLevel] = useSearchText('level', 'info')
  const [component, setComponent] = useSearchText('component')
  const [text, setText] = useSearchText('text')
  const [openId, setOpenId] = useSearchText('line')
  const [follows, setFollows] = useState(false)
  const level = levelOf(levelText)
  const { asked, waiting, show } = useLines(level, component, text, follows)
  const searchRef = useLogKeys(show, setFollows)
  const close = useCallback(() => setOpenId(''), [setOpenId])
  const lines: readonly LogLine[] = asked.data?.data ?? []
  const open = lines.find(({ id }) => id === openId)
  const kept = asked.data?.kept
  return (
    <div className="cat">
      <PageTitle title="Logs">
        {kept === undefined ? null : <Kept days={kept.days} sizeBytes={kept.size_bytes} />}
      </PageTitle>
      <Tools
        text={text}
        setText={setText}
        level={level}
        setLevel={setLevel}
        component={component}
        setComponent={setComponent}
        components={asked.data?.components ?? []}
        searchRef={searchRef}
      >
        {waiting === 0 ? null : (
          <button type="button" className="btn" onClick={show}>
            {waiting >= 100 ? '100+' : waiting} new
          </button>
        )}
        <button type="button" className="btn" aria-pressed={follows} onClick={() => setFollows(!follows)}>
          <Icon name={follows ? 'pause' : 'play'} size={12} />
          {follows ? 'Stop following' : 'Follow'}
        </button>
      </Tools>
      <div className="cat-table log-list">
        <Lines
          asked={asked}
          openId={openId}
          setOpenId={setOpenId}
          isFiltered={text !== '' || component !== '' || level !== 'debug'}
          clear={() => {
            setText('')
            setComponent('')
            setLevel('debug')
          }}
        />
      </div>
      <div className="log-foot">
        <CodeBlock text={logCommand({ level, component, text, follows })} />
        {lines.length < pageRows ? null : (
          <span className="faint small">
            The newest {pageRows} are shown; choose a shorter time for older ones.
          </span>
        )}
      </div>
      {open === undefined ? null : (
        <SidePanel title="Log line" close={close}>
          <LogDetails line={open} only={setComponent} />
        </SidePanel>
      )}
    </div>
  )
}

export default LogsPage
