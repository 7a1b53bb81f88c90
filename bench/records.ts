/**
 * How fast record batches are made, walked and checked: records/s of about 170 bytes and bytes/s of CRC-32C, one core.
 *
 * Run: node bench/records.ts
 */
import { BatchEncoder } from '../packages/kafka-protocol/src/records/batch-encoder.ts'
import { BatchView } from '../packages/kafka-protocol/src/records/batch-view.ts'
import { crc32c } from '../packages/kafka-protocol/src/records/crc32c.ts'
import { RecordColumns, walkRecords } from '../packages/kafka-protocol/src/records/record-columns.ts'

const recordsPerBatch = 5_000
const batches = 200
const rounds = 3

const key = Buffer.from('sensor-000017')
const value = Buffer.from(JSON.stringify({ sensor: 17, at: 1_700_000_000_000, note: 'x'.repeat(100) }))

const secondsOf = (work: () => void): number => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

const best = (work: () => void): number => Math.min(...Array.from({ length: rounds }, () => secondsOf(work)))

const encodeOne = (encoder: BatchEncoder): Buffer => {
  for (let index = 0; index < recordsPerBatch; index++) encoder.append(key, value, 1_700_000_000_000 + index)
  return encoder.finish()
}

const encoder = new BatchEncoder(1 << 20)
const withoutCrc = new BatchEncoder(1 << 20)
const batch = encodeOne(encoder)
const view = new BatchView().move(batch)
const columns = new RecordColumns(recordsPerBatch)
const recordsTotal = recordsPerBatch * batches
const figure = (perSecond: number): string => `${(perSecond / 1e6).toFixed(1)} M records/s`

console.log(
  `${Math.round(batch.length / recordsPerBatch)} bytes a record, ${recordsPerBatch} a batch, best of ${rounds}`,
)
console.log(
  `encode with CRC     ${figure(
    recordsTotal /
      best(() => {
        for (let n = 0; n < batches; n++) encodeOne(encoder)
      }),
  )}`,
)
console.log(
  `encode without CRC  ${figure(
    recordsTotal /
      best(() => {
        for (let n = 0; n < batches; n++) {
          for (let index = 0; index < recordsPerBatch; index++)
            withoutCrc.append(key, value, 1_700_000_000_000 + index)
          withoutCrc.finish({ crc: () => 0 })
        }
      }),
  )}`,
)
console.log(
  `walk                ${figure(
    recordsTotal /
      best(() => {
        for (let n = 0; n < batches; n++) {
          columns.clear()
          walkRecords(batch, view.recordsStart, view.end, recordsPerBatch, columns)
        }
      }),
  )}`,
)
const checked = best(() => {
  for (let n = 0; n < batches; n++) if (crc32c(batch) === 0) throw new Error('no checksum is zero here')
})
console.log(`CRC-32C             ${((batch.length * batches) / checked / 1e9).toFixed(2)} GB/s`)
