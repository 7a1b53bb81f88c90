/**
 * How fast steps are: records per CPU second of one process, parse included, without source and sink.
 *
 *   npm run run-ts bench/transforms.ts
 */
import { availableParallelism } from 'node:os'
import { BatchBuilder } from '../packages/sluice/src/flow/batch-builder.ts'
import { RecordBatch } from '../packages/sluice/src/flow/record-batch.ts'
import { Rows } from '../packages/sluice/src/flow/rows.ts'
import type { Step } from '../packages/sluice/src/flow/step.ts'
import { randomInteger, seededRandom } from '../packages/sluice/src/kernel/random.ts'
import { transforms } from '../packages/sluice/src/transforms/index.ts'

const batchRecords = 500
const rounds = 400

const random = seededRandom(7)
const eventOf = (i: number): string =>
  JSON.stringify({
    id: `event-${i}`,
    type: random() < 0.6 ? 'payment' : 'page_view',
    amount: randomInteger(random, 1, 20_000) / 100,
    currency: 'EUR',
    user: { id: randomInteger(random, 1, 1_000), country: 'DE', plan: 'pro' },
    items: [
      { sku: 'a-1', price: 12.5, quantity: 2 },
      { sku: 'b-2', price: 3.25, quantity: 1 },
    ],
    tags: ['web', 'eu'],
    session: 'f0c1d2e3a4b5',
    ts: 1_767_323_045_678,
  })

const batch = (() => {
  const builder = new BatchBuilder()
  for (let i = 0; i < batchRecords; i++) {
    builder.add({ key: null, value: eventOf(i), timeMs: i, number: BigInt(i) })
  }
  return builder.build({ pipeline: 'bench', incarnation: '1', lane: '0', stream: 'bench', next: '' })
})()

const stepOf = (use: string, options: unknown): Step => {
  const found = transforms.find((transform) => transform.name === use)
  if (found === undefined) throw new Error(`no transform ${use}`)
  return found.compile(options, { id: use, eventSchema: null, readJson: () => ({}) })
}

const where = 'event.type == "payment" && event.amount > 100'
const fields = {
  id: 'event.id',
  user: 'event.user.id',
  country: 'event.user.country',
  cents: 'event.amount * 100',
  total: 'event.items.map(i, i.price * i.quantity)',
  at: 'event.ts',
}
const schema = {
  type: 'object',
  required: ['id', 'type', 'amount'],
  properties: { id: { type: 'string' }, type: { type: 'string' }, amount: { type: 'number', minimum: 0 } },
}

const pipelines: readonly (readonly [string, readonly Step[]])[] = [
  ['parse only', []],
  ['parse, filter', [stepOf('filter', { where })]],
  ['parse, filter, map', [stepOf('filter', { where }), stepOf('map', { fields })]],
  ['parse, map all', [stepOf('map', { fields })]],
  ['parse, validate, filter', [stepOf('validate', { schema }), stepOf('filter', { where })]],
]

const measure = (steps: readonly Step[]): number => {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    // A batch of its own each round: bodies are parsed once a batch and kept.
    let rows = Rows.of(new RecordBatch(batch.origin, batch.columns))
    if (steps.length === 0) for (let row = 0; row < rows.count; row++) rows.bodyOf(row)
    for (const step of steps) rows = step.run(rows, { end: () => undefined, refuse: () => undefined })
  }
  const used = process.cpuUsage(before)
  return (rounds * batchRecords * 1e6) / (used.user + used.system)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const bytes = Math.round(batch.sizeBytes / batch.count)
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${bytes} bytes an event`)
for (const [name, steps] of pipelines) {
  const rates = Array.from({ length: 7 }, () => measure(steps))
  console.log(`${name.padEnd(26)} ${Math.round(median(rates) / 1_000)} k records per CPU second`)
}
