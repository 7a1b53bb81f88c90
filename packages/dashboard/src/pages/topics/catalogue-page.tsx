/** Topics: what there is, what moves, who writes and reads it. */
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from 'react'
import { useMay } from '../../client/session.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo, useSearchText } from '../../parts/address.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { agoText, bothTimes, countText, rateText, sizeText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { type GridColumn, GridTable } from '../../parts/grid-table.tsx'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { LongName } from '../../parts/long-name.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { useNow } from '../../parts/use-now.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import {
  type Facet,
  facetCounts,
  facetOf,
  facets,
  facetTitles,
  isOf,
  isWanted,
  type TopicRow,
} from './catalogue.ts'
import { CreateDialog } from './create-dialog.tsx'
import './topics.css'

const Ago = ({ time }: { time: string | null }): ReactNode => {
  const now = useNow(5_000)
  return time === null ? unknown : <span title={bothTimes(time)}>{agoText(time, now)}</span>
}

const Names = ({ names, to }: { names: readonly string[]; to: string }): ReactNode =>
  names.length === 0 ? (
    <span className="faint" title="No pipeline">
      {unknown}
    </span>
  ) : (
    <span title={names.join('\n')}>
      {names.slice(0, 2).map((name, at) => (
        <span key={name} onClick={(event) => event.stopPropagation()}>
          {at > 0 ? ', ' : ''}
          <Go className="quiet-link" to={to} params={{ name }}>
            {name}
          </Go>
        </span>
      ))}
      {names.length > 2 ? ` +${names.length - 2}` : ''}
    </span>
  )

const columns: readonly GridColumn<TopicRow>[] = [
  {
    name: 'name',
    title: 'Topic',
    width: 'minmax(140px, 2.2fr)',
    sortBy: (topic) => topic.name,
    cell: (topic) => (
      <Go to="/topics/$name" params={{ name: topic.name }} title={topic.name}>
        <b>
          <LongName name={topic.name} />
        </b>
        {topic.internal ? <span className="faint small"> Kafka’s own</span> : null}
      </Go>
    ),
  },
  {
    name: 'messages',
    title: 'Messages',
    says: 'Messages kept, over all partitions',
    width: 'minmax(76px, 110px)',
    right: true,
    sortBy: (topic) => Number(topic.messages),
    cell: (topic) => countText(topic.messages),
  },
  {
    name: 'rate',
    title: 'In',
    says: 'Messages written a second, over the last seconds',
    width: 'minmax(58px, 84px)',
    right: true,
    sortBy: (topic) => topic.in_per_second,
    cell: (topic) => (
      <>
        {rateText(topic.in_per_second)}
        {topic.in_per_second === null ? '' : <span className="faint">/s</span>}
      </>
    ),
  },
  {
    name: 'size',
    title: 'Size',
    says: 'Bytes kept, of one copy',
    width: '92px',
    right: true,
    wideOnly: true,
    sortBy: (topic) => topic.size_bytes,
    cell: (topic) => sizeText(topic.size_bytes),
  },
  {
    name: 'partitions',
    title: 'Partitions',
    width: '76px',
    right: true,
    wideOnly: true,
    sortBy: (topic) => topic.partitions,
    cell: (topic) => countText(topic.partitions),
  },
  {
    name: 'written',
    title: 'Last write',
    width: '96px',
    right: true,
    wideOnly: true,
    sortBy: (topic) => (topic.last_write_at === null ? null : Date.parse(topic.last_write_at)),
    cell: (topic) => <Ago time={topic.last_write_at} />,
  },
  {
    name: 'written-by',
    title: 'Written by',
    says: 'Pipelines that write it; other producers are not known to Kafka',
    width: 'minmax(90px, 1.2fr)',
    wideOnly: true,
    cell: (topic) => <Names names={topic.written_by} to="/pipelines/$name" />,
  },
  {
    name: 'read-by',
    title: 'Read by',
    says: 'Pipelines that read it',
    width: 'minmax(90px, 1.2fr)',
    wideOnly: true,
    cell: (topic) => <Names names={topic.read_by} to="/pipelines/$name" />,
  },
  {
    name: 'groups',
    title: 'Groups',
    says: 'Consumer groups with offsets in it',
    width: '64px',
    right: true,
    wideOnly: true,
    sortBy: (topic) => topic.groups.length,
    cell: (topic) => (
      <span
        className={topic.groups.length === 0 ? 'faint' : undefined}
        title={topic.groups.join('\n') || 'Nobody reads it with a group.'}
      >
        {topic.groups.length}
      </span>
    ),
  },
]

const Facets = ({
  topics,
  facet,
  onFacet,
}: {
  topics: readonly TopicRow[]
  facet: Facet
  onFacet: (facet: string) => void
}): ReactNode => {
  const counts = useMemo(() => facetCounts(topics), [topics])
  return (
    <div className="facets" role="group" aria-label="Which topics">
      {facets.map((one) => (
        <button key={one} type="button" aria-pressed={one === facet} onClick={() => onFacet(one)}>
          {facetTitles[one]} <span className="num">{countText(counts[one])}</span>
        </button>
      ))}
    </div>
  )
}

const NoTopics = ({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactNode =>
  isFiltered ? (
    <Empty title="No topic is like that">
      <button type="button" className="btn" onClick={clear}>
        Show all topics
      </button>
    </Empty>
  ) : (
    <Empty title="No topics yet">
      <p>Pipelines make the topics they need; you can make one yourself, here or from a terminal.</p>
      <CodeBlock text="./sluice topics create orders --partitions 3" />
    </Empty>
  )

const useCatalogue = () => {
  const [search, setSearch] = useSearchText('search')
  const [facetText, setFacet] = useSearchText('show', 'all')
  const [internal, setInternal] = useSearchText('internal')
  const [sorting, setSorting] = useSearchText('sort', 'name')
  const asked = useLive('topics', internal === 'true' ? { internal: true } : {})
  const facet = facetOf(facetText)
  const topics = asked.data?.data
  const words = useDeferredValue(search)
  const rows = useMemo(
    () => (topics ?? []).filter((topic) => isOf(topic, facet) && isWanted(topic, words)),
    [topics, facet, words],
  )
  return {
    search,
    setSearch,
    facet,
    setFacet,
    internal,
    setInternal,
    sorting,
    setSorting,
    asked,
    topics,
    rows,
  }
}

const Tools = ({
  catalogue,
  searchRef,
  onCreate,
}: {
  catalogue: ReturnType<typeof useCatalogue>
  searchRef: { current: HTMLInputElement | null }
  onCreate: () => void
}): ReactNode => {
  const { search, setSearch, topics, facet, setFacet, internal, setInternal } = catalogue
  const mayWrite = useMay('topics:write')
  return (
    <div className="tools cat-tools">
      <input
        ref={searchRef}
        className="input"
        type="search"
        placeholder="Search topics, groups, pipelines"
        aria-label="Search topics, groups, pipelines"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <Facets topics={topics ?? []} facet={facet} onFacet={setFacet} />
      <label className="check">
        <input
          type="checkbox"
          checked={internal === 'true'}
          onChange={(event) => setInternal(event.target.checked ? 'true' : '')}
        />
        Kafka’s own
      </label>
      <button
        type="button"
        className="btn pri end"
        disabled={!mayWrite}
        title={mayWrite ? 'Create a topic (n)' : 'You may see topics here, not create them (topics:write).'}
        onClick={onCreate}
      >
        Create topic
      </button>
    </div>
  )
}

const CataloguePage = (): ReactNode => {
  const catalogue = useCatalogue()
  const { asked, topics, rows, facet, search, sorting } = catalogue
  const [creates, setCreates] = useState(false)
  const mayWrite = useMay('topics:write')
  const goTo = useGoTo()
  const searchRef = useRef<HTMLInputElement>(null)
  const actions = useMemo(
    (): readonly KeyAction[] => [
      { keys: '/', says: 'Search topics', run: () => searchRef.current?.focus() },
      ...(mayWrite ? [{ keys: 'n', says: 'Create a topic', run: () => setCreates(true) }] : []),
    ],
    [mayWrite],
  )
  useKeys(actions)
  const open = useMemo(() => (topic: TopicRow) => goTo('/topics/$name', { name: topic.name }), [goTo])
  return (
    <div className="cat">
      <PageTitle title="Topics">
        {topics === undefined ? null : <span className="faint small num">{countText(topics.length)}</span>}
      </PageTitle>
      <Tools catalogue={catalogue} searchRef={searchRef} onCreate={() => setCreates(true)} />
      <div className="cat-table">
        {topics === undefined ? (
          asked.error === null ? (
            <Skeleton height={420} />
          ) : (
            <Failure error={asked.error} retry={() => void asked.refetch()} />
          )
        ) : (
          <GridTable
            rows={rows}
            columns={columns}
            nameOf={(topic) => topic.name}
            onOpen={open}
            sorting={sorting}
            onSorting={catalogue.setSorting}
            label="Topics"
            empty={
              <NoTopics
                isFiltered={search !== '' || facet !== 'all'}
                clear={() => {
                  catalogue.setSearch('')
                  catalogue.setFacet('all')
                }}
              />
            }
          />
        )}
      </div>
      {creates && <CreateDialog close={() => setCreates(false)} existing={topics ?? []} />}
    </div>
  )
}

export default CataloguePage
