/** The catalogue as data: what a topic counts as, which ones are wanted. */
import type { Answer } from '../../client/call.adapter.ts'

export type TopicRow = Answer<'topics', 'list'>['data'][number]

/** Ways to cut the catalogue; a topic may be in several. */
export const facets = ['all', 'moving', 'quiet', 'empty', 'unread', 'pipelines'] as const
export type Facet = (typeof facets)[number]

export const facetTitles: Readonly<Record<Facet, string>> = {
  all: 'All',
  moving: 'Moving',
  quiet: 'Quiet',
  empty: 'Empty',
  unread: 'Nobody reads',
  pipelines: 'Of pipelines',
}

/** Whether a topic belongs to a facet. */
export const isOf = (topic: TopicRow, facet: Facet): boolean => {
  switch (facet) {
    case 'all':
      return true
    case 'moving':
      return (topic.in_per_second ?? 0) > 0
    case 'quiet':
      return topic.in_per_second === 0 && topic.messages !== '0'
    case 'empty':
      return topic.messages === '0'
    case 'unread':
      return topic.groups.length === 0 && topic.read_by.length === 0
    case 'pipelines':
      return topic.read_by.length + topic.written_by.length > 0
  }
}

/** Every word of the search is somewhere in the topic's name, its groups or its pipelines. */
export const isWanted = (topic: TopicRow, search: string): boolean =>
  search
    .toLowerCase()
    .split(/\s+/)
    .every((word) =>
      [topic.name, ...topic.groups, ...topic.read_by, ...topic.written_by].some((name) =>
        name.toLowerCase().includes(word),
      ),
    )

/** How many of the topics are in each facet. */
export const facetCounts = (topics: readonly TopicRow[]): Readonly<Record<Facet, number>> => {
  const counts = { all: 0, moving: 0, quiet: 0, empty: 0, unread: 0, pipelines: 0 }
  for (const topic of topics) for (const facet of facets) if (isOf(topic, facet)) counts[facet] += 1
  return counts
}

export const facetOf = (text: string): Facet => facets.find((facet) => facet === text) ?? 'all'
