import { describe, expect, test } from 'vitest'
import { sortedRows } from '../../parts/sorting.ts'
import { facetCounts, facetOf, isWanted, type TopicRow } from './catalogue.ts'

const topic = (name: string, part: Partial<TopicRow> = {}): TopicRow => ({
  topic_name: name,
  name,
  status: 'active',
  partitions: 1,
  internal: false,
  uuid: name,
  messages: '10',
  size_bytes: null,
  in_per_second: 0,
  last_write_at: null,
  groups: [],
  read_by: [],
  written_by: [],
  ...part,
})

const topics = [
  topic('orders', { in_per_second: 3, groups: ['billing'] }),
  topic('empty', { messages: '0' }),
  topic('new', { in_per_second: null }),
  topic('readings', { written_by: ['sensors'], read_by: ['to-table'] }),
]

describe('the catalogue', () => {
  test('counts what is in each facet; a rate that is not known is neither moving nor quiet', () => {
    expect(facetCounts(topics)).toEqual({ all: 4, moving: 1, quiet: 1, empty: 1, unread: 2, pipelines: 1 })
  })

  test.each([
    { search: 'ORD', names: ['orders'] },
    { search: 'billing', names: ['orders'] },
    { search: 'read to-', names: ['readings'] },
    { search: '', names: ['orders', 'empty', 'new', 'readings'] },
    { search: 'nothing', names: [] },
  ])('finds $names by "$search"', ({ search, names }) => {
    expect(topics.filter((one) => isWanted(one, search)).map((one) => one.name)).toEqual(names)
  })

  test('knows only its own facets', () => {
    expect(facetOf('nonsense')).toBe('all')
  })
})

describe('rows are sorted', () => {
  const columns = [
    { name: 'name', sortBy: (row: TopicRow) => row.name },
    { name: 'rate', sortBy: (row: TopicRow) => row.in_per_second },
  ]
  const names = (sorting: string) => sortedRows(topics, columns, sorting).map((row) => row.name)

  test('by a column, either way, with the unknown last', () => {
    expect(names('name')).toEqual(['empty', 'new', 'orders', 'readings'])
    expect(names('-rate')).toEqual(['orders', 'empty', 'readings', 'new'])
    expect(names('rate').at(-1)).toBe('new')
    expect(names('other')).toEqual(['orders', 'empty', 'new', 'readings'])
  })
})
