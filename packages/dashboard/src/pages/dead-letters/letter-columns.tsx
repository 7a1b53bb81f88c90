/** Columns of dead letters, and the chip of their status. */
import type { ReactNode } from 'react'
import { Chip } from '../../parts/chip.tsx'
import { bothTimes, countText, momentText } from '../../parts/format.ts'
import type { Column } from '../../parts/table.tsx'
import { type LetterRow, statusWords } from './letter.ts'

export const LetterChip = ({ status, edited }: Pick<LetterRow, 'status' | 'edited'>): ReactNode => (
  <Chip tone={statusWords[status].tone} {...(edited ? { note: 'edited' } : {})}>
    {statusWords[status].word}
  </Chip>
)

export const letterColumns: readonly Column<LetterRow>[] = [
  {
    key: 'when',
    title: 'When',
    width: 104,
    className: 'num dl-when',
    sort: ({ created_at }) => created_at,
    cell: ({ created_at }) => <time title={bothTimes(created_at)}>{momentText(created_at)}</time>,
  },
  {
    key: 'pipeline',
    title: 'Pipeline',
    width: 150,
    sort: ({ pipeline }) => pipeline,
    cell: ({ pipeline }) => <b title={pipeline}>{pipeline}</b>,
  },
  {
    key: 'step',
    title: 'Step',
    width: 150,
    className: 'mono soft',
    sort: ({ step }) => step,
    cell: ({ step }) => <span title={step}>{step}</span>,
  },
  {
    key: 'reason',
    title: 'Reason',
    fixed: true,
    cell: ({ reason, code }) => <span title={`${reason}\n${code}`}>{reason}</span>,
  },
  {
    key: 'status',
    title: 'Status',
    width: 140,
    sort: ({ status }) => status,
    cell: ({ status, edited }) => <LetterChip status={status} edited={edited} />,
  },
  {
    key: 'attempts',
    title: 'Attempts',
    width: 84,
    right: true,
    className: 'r num',
    sort: ({ attempts }) => attempts,
    cell: ({ attempts }) => countText(attempts),
  },
]
