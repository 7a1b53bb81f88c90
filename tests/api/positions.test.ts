/** Moving a pipeline by hand, through a server with a real broker and database behind it. */
import { expect, test } from 'vitest'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'

interface Moved {
  readonly applied: boolean
  readonly moves: readonly { lane: string; from: string | null; to: string; records: number }[]
}

interface Shown {
  readonly state: string
  readonly since: string
  readonly ledger: { readonly in: number; readonly gap: number }
}

const post = async <Answer>(home: SluiceHome, path: string, body: object = {}): Promise<Answer> => {
  const answer = await home.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
  return JSON.parse(answer.text) as Answer
}

test('a stopped pipeline is rewound to a time, moved past a record, and reset', async () => {
  using home = await sluiceHome('positions')
  await using up = await home.up(null)
  const of = '/api/pipelines/sensor-data'
  const show = async () => JSON.parse((await home.call(of)).text) as Shown
  await untilHolds(up, 'records came', async () => (await show()).ledger.in > 20)
  const before = Date.now()
  await post(home, `${of}/stop`)
  await untilHolds(up, 'it stopped', async () => (await show()).state === 'stopped')
  // Told by the database's clock, which is this machine's.
  expect(Math.abs(Date.parse((await show()).since) - before)).toBeLessThan(60_000)
  const to = new Date(before - 3_600_000).toISOString()
  const planned = await post<Moved>(home, `${of}/position/rewind`, { to, dry_run: true })
  expect([planned.applied, planned.moves.length]).toEqual([false, 3])
  for (const { from, to: target, records } of planned.moves) {
    expect([target, records <= 0]).toEqual([from?.replace(/\d+$/, '0'), true])
  }
  const lane = planned.moves[0]?.lane ?? ''
  const skipped = await post<Moved>(home, `${of}/position/skip`, { lane, past: '1', dry_run: true })
  expect(skipped.moves).toMatchObject([{ lane, to: planned.moves[0]?.to.replace(/0$/, '2') }])
  const reset = await post<Moved>(home, `${of}/position/reset`, { to: 'earliest', dry_run: false })
  expect([reset.applied, reset.moves.map((move) => move.to)]).toEqual([
    true,
    planned.moves.map((move) => move.to),
  ])
  const read = (await show()).ledger.in
  await post(home, `${of}/start`)
  await untilHolds(up, 'it read everything again', async () => (await show()).ledger.in >= read * 2)
})
