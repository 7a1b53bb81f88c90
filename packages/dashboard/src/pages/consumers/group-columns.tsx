/** Consumer groups in a table: the same columns wherever groups are listed. */
import type { Answer } from '../../client/call.adapter.ts'
import { countText, durationText, lagText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import type { GridColumn } from '../../parts/grid-table.tsx'
import { LongName } from '../../parts/long-name.tsx'
import { reasonOf, Verdict } from '../../parts/measures.tsx'

export type GroupRow = Answer<'groups', 'list'>['data'][number]

/** What needs somebody first. */
export const verdictOrder: Readonly<Record<GroupRow['verdict'], number>> = {
  stalled: 0,
  falling_behind: 1,
  unknown: 2,
  keeping_up: 3,
  idle: 4,
}

const stateWords: Readonly<Record<GroupRow['state'], string>> = {
  stable: 'Stable',
  rebalancing: 'Rebalancing',
  empty: 'Empty',
  dead: 'Dead',
  unknown: unknown,
}

export const stateWord = (state: GroupRow['state']): string => stateWords[state]

/** The columns beside it tell records, seconds and what is lost when: the sentence ends before them. */
const shortReasonOf = (text: string): string => reasonOf(text).split(/[;:]/)[0] ?? ''

/** Days are time enough: only what is lost soon takes a colour. */
const urgencyOf = (seconds: number): string => (seconds < 3_600 ? 'bad' : seconds < 86_400 ? 'warn' : 'soft')

export const groupColumns: readonly GridColumn<GroupRow>[] = [
  {
    name: 'name',
    title: 'Group',
    width: 'minmax(110px, 2fr)',
    sortBy: (group) => group.name,
    cell: (group) => (
      <Go to="/consumers/$name" params={{ name: group.name }} title={group.name}>
        <b>
          <LongName name={group.name} />
        </b>
        {group.pipeline === null ? null : <span className="faint small"> pipeline {group.pipeline}</span>}
      </Go>
    ),
  },
  {
    name: 'verdict',
    title: 'Verdict',
    says: 'Whether it reads as fast as is written',
    width: '120px',
    sortBy: (group) => verdictOrder[group.verdict],
    cell: (group) => <Verdict verdict={group.verdict} text={group.verdict_text} />,
  },
  {
    name: 'why',
    title: 'Why',
    titleHidden: true,
    width: 'minmax(120px, 3fr)',
    wideOnly: true,
    cell: (group) => (
      <span className="faint small" title={group.verdict_text}>
        {shortReasonOf(group.verdict_text)}
      </span>
    ),
  },
  {
    name: 'lag',
    title: 'Lag',
    says: 'Messages between what is committed and the end, over all its topics',
    width: 'minmax(56px, 96px)',
    right: true,
    sortBy: (group) => group.lag?.records ?? null,
    cell: (group) => countText(group.lag?.records),
  },
  {
    name: 'seconds',
    title: 'Behind',
    says: 'Age of the oldest message that waits',
    width: '84px',
    right: true,
    wideOnly: true,
    sortBy: (group) => group.lag?.seconds ?? null,
    cell: (group) => lagText(group.lag?.seconds),
  },
  {
    name: 'retention',
    title: 'Lost in',
    says: 'When messages that it has not read are deleted, if all goes on like this',
    width: '84px',
    right: true,
    wideOnly: true,
    sortBy: (group) => group.retention_in_seconds,
    cell: (group) =>
      group.retention_in_seconds === null ? (
        <span className="faint">{unknown}</span>
      ) : (
        <span className={urgencyOf(group.retention_in_seconds)}>
          {durationText(group.retention_in_seconds)}
        </span>
      ),
  },
  {
    name: 'members',
    title: 'Members',
    width: '72px',
    right: true,
    wideOnly: true,
    sortBy: (group) => group.members,
    cell: (group) => countText(group.members),
  },
  {
    name: 'topics',
    title: 'Topics',
    width: 'minmax(90px, 1.2fr)',
    wideOnly: true,
    cell: (group) => <span title={group.topics.join('\n')}>{group.topics.join(', ') || unknown}</span>,
  },
]
