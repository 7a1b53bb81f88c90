/** Consumers: every group with its verdict; what needs somebody comes first. */
import { type ReactNode, useDeferredValue, useMemo, useRef } from 'react'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo, useSearchText } from '../../parts/address.adapter.ts'
import { countText } from '../../parts/format.ts'
import { GridTable } from '../../parts/grid-table.tsx'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import { type GroupRow, groupColumns } from './group-columns.tsx'
import { GroupExample } from './group-example.tsx'
import { type Facet, facetCounts, facetOf, facets, facetTitles, isOf } from './verdict-facets.ts'
import './consumers.css'

const Facets = ({
  groups,
  facet,
  onFacet,
}: {
  groups: readonly GroupRow[]
  facet: Facet
  onFacet: (facet: string) => void
}): ReactNode => {
  const counts = useMemo(() => facetCounts(groups), [groups])
  return (
    <div className="facets" role="group" aria-label="Which groups">
      {facets.map((one) => (
        <button key={one} type="button" aria-pressed={one === facet} onClick={() => onFacet(one)}>
          {facetTitles[one]} <span className="num">{countText(counts[one])}</span>
        </button>
      ))}
    </div>
  )
}

const NoGroups = ({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactNode =>
  isFiltered ? (
    <Empty title="No group is like that">
      <button type="button" className="btn" onClick={clear}>
        Show all groups
      </button>
    </Empty>
  ) : (
    <Empty title="No consumer groups yet">
      <p>
        A group appears when somebody reads with one: a pipeline, or any Kafka client. For instance with kcat:
      </p>
      <GroupExample topic="TOPIC" />
    </Empty>
  )

/** The groups that are wanted, and what of the address says so. */
const useGroups = () => {
  const asked = useLive('groups', {})
  const [search, setSearch] = useSearchText('search')
  const [facetText, setFacet] = useSearchText('show', 'all')
  const [sorting, setSorting] = useSearchText('sort', 'verdict')
  const groups = asked.data?.data
  const facet = facetOf(facetText)
  const words = useDeferredValue(search.toLowerCase())
  const rows = useMemo(
    () =>
      (groups ?? []).filter(
        (group) =>
          isOf(group, facet) &&
          [group.name, ...group.topics].some((name) => name.toLowerCase().includes(words)),
      ),
    [groups, facet, words],
  )
  return { asked, search, setSearch, facet, setFacet, sorting, setSorting, groups, rows }
}

const ConsumersPage = (): ReactNode => {
  const { asked, search, setSearch, facet, setFacet, sorting, setSorting, groups, rows } = useGroups()
  const searchRef = useRef<HTMLInputElement>(null)
  const goTo = useGoTo()
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [
        { keys: '/', says: 'Search groups', run: () => searchRef.current?.focus() },
      ],
      [],
    ),
  )
  return (
    <div className="cat">
      <PageTitle title="Consumers">
        {groups === undefined ? null : <span className="faint small num">{countText(groups.length)}</span>}
      </PageTitle>
      <div className="tools cat-tools">
        <input
          ref={searchRef}
          className="input"
          type="search"
          placeholder="Search groups, topics"
          aria-label="Search groups, topics"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Facets groups={groups ?? []} facet={facet} onFacet={setFacet} />
      </div>
      <div className="cat-table">
        {groups === undefined ? (
          asked.error === null ? (
            <Skeleton height={420} />
          ) : (
            <Failure error={asked.error} retry={() => void asked.refetch()} />
          )
        ) : (
          <GridTable
            rows={rows}
            columns={groupColumns}
            nameOf={(group) => group.name}
            onOpen={(group) => goTo('/consumers/$name', { name: group.name })}
            sorting={sorting}
            onSorting={setSorting}
            label="Consumer groups"
            empty={
              <NoGroups
                isFiltered={search !== '' || facet !== 'all'}
                clear={() => {
                  setSearch('')
                  setFacet('all')
                }}
              />
            }
          />
        )}
      </div>
    </div>
  )
}

export default ConsumersPage
