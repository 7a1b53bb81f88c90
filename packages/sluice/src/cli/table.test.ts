import { expect, test } from 'vitest'
import { paintWith } from './paint.ts'
import { tableLines } from './table.ts'

test('what is too long loses its end, or its beginning where the end tells more', () => {
  const rows = [{ lane: 'readings/0', position: 'kafka:1:Qsg9jKQ_Tyqy1u340AQygA:1109' }]
  const columns = [
    { title: 'Lane', cell: (row: { lane: string }) => row.lane, least: 4 },
    { title: 'Position', cell: (row: { position: string }) => row.position, least: 4, keepEnd: true },
  ]
  expect(tableLines(rows, columns, 22, paintWith(false))).toEqual([
    'Lane        Position',
    'readings/0  …QygA:1109',
  ])
})
