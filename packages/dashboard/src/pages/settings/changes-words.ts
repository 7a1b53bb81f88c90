/** What a configuration would change, in words. Pure. */
import type { Answer } from '../../client/call.adapter.ts'

export type Changes = NonNullable<Answer<'config', 'differences'>['changes']>

const kinds = ['added', 'changed', 'removed'] as const

const lines = (what: string, names: Pick<Changes['topics'], (typeof kinds)[number]>): readonly string[] =>
  kinds.flatMap((kind) =>
    names[kind].length === 0
      ? []
      : [`${what}${names[kind].length === 1 ? '' : 's'} ${kind}: ${names[kind].join(', ')}`],
  )

/** A line for each thing that would be otherwise; none where nothing would. */
export const changeLines = ({ pipelines, topics, restart }: Changes): readonly string[] => [
  ...lines('Pipeline', pipelines),
  ...(pipelines.restarted.length === 0
    ? []
    : [`Stop, and start again from their positions: ${pipelines.restarted.join(', ')}`]),
  ...lines('Topic', topics),
  ...(restart.length === 0 ? [] : [`Taken at the next start only: ${restart.join(', ')}`]),
]
