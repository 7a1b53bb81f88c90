/** Consumer groups by what they need. */
import type { GroupRow } from './group-columns.tsx'

export const facets = ['all', 'needs', 'keeping_up', 'idle', 'pipelines', 'others'] as const
export type Facet = (typeof facets)[number]

export const facetTitles: Readonly<Record<Facet, string>> = {
  all: 'All',
  needs: 'Need somebody',
  keeping_up: 'Keeping up',
  idle: 'Idle',
  pipelines: 'Of pipelines',
  others: 'Of others',
}

type Judged = Pick<GroupRow, 'verdict' | 'pipeline'>

export const isOf = (group: Judged, facet: Facet): boolean => {
  switch (facet) {
    case 'all':
      return true
    case 'needs':
      return group.verdict === 'stalled' || group.verdict === 'falling_behind'
    case 'keeping_up':
    case 'idle':
      return group.verdict === facet
    case 'pipelines':
      return group.pipeline !== null
    case 'others':
      return group.pipeline === null
  }
}

export const facetCounts = (groups: readonly Judged[]): Readonly<Record<Facet, number>> => {
  const counts = { all: 0, needs: 0, keeping_up: 0, idle: 0, pipelines: 0, others: 0 }
  for (const group of groups) for (const facet of facets) if (isOf(group, facet)) counts[facet] += 1
  return counts
}

export const facetOf = (text: string): Facet => facets.find((facet) => facet === text) ?? 'all'
