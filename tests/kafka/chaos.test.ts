/** Sessions come and go, and the broker is killed again and again, while records are written and read. Seeded. */
import { expect, test } from 'vitest'
import { BatchBuilder } from '../../packages/sluice/src/flow/batch-builder.ts'
import { Rows } from '../../packages/sluice/src/flow/rows.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { describeBrokers, newTopic, openSink, openSource, type TestBroker, uniqueName } from './brokers.ts'
import { type Positions, Reading } from './reading.ts'

const signal = new AbortController().signal
const partitions = 4
const seed = Number(process.env['CHAOS_SEED'] ?? 11)
const kills = Number(process.env['CHAOS_KILLS'] ?? 2)

/** Writes numbered records until told to stop; resolves to how many were acknowledged. */
const writeUntil = async (
  broker: TestBroker,
  topic: string,
  isOver: () => boolean,
  onWritten: (count: number) => void,
): Promise<number> => {
  await using sink = await openSink(broker, { topic, batch_bytes: '16KB' })
  let written = 0
  while (!isOver()) {
    const builder = new BatchBuilder()
    for (let i = 0; i < 50; i++) {
      const number = written + i
      builder.add({ key: `k${number % 37}`, value: String(number), timeMs: number, number: BigInt(number) })
    }
    const batch = builder.build({ pipeline: 'p', incarnation: 'x', lane: 'l', stream: 's', next: 'n' })
    const { refused } = await sink.write(Rows.of(batch), null, signal)
    expect(refused).toStrictEqual([])
    written += batch.count
    onWritten(written)
    await systemClock.sleep(5)
  }
  return written
}

describeBrokers('under chaos', (at) => {
  test('every acknowledged record is read once, in order by key', { timeout: 300_000 }, async () => {
    const random = seededRandom(seed)
    const topic = await newTopic(at(), { partitions })
    const pipeline = uniqueName('p')
    const positions: Positions = new Map()
    let isOver = false
    let total = Number.POSITIVE_INFINITY
    let written = 0
    const writing = writeUntil(
      at(),
      topic,
      () => isOver,
      (count) => {
        written = count
      },
    )
    const readings: Reading[] = []
    const readCount = (): number => readings.reduce((sum, reading) => sum + reading.records.length, 0)
    /** One reader after the other on this seat, each living for a while. */
    const seat = async (lives: () => number): Promise<void> => {
      while (readCount() < total) {
        await using session = await openSource(at(), { topic, batch_bytes: '16KB' }, pipeline)
        const reading = new Reading(session, positions)
        readings.push(reading)
        const until = Date.now() + lives()
        while (Date.now() < until && readCount() < total) await reading.step()
      }
    }
    const seats = [seat(() => 60_000), seat(() => randomInteger(random, 1_000, 4_000))]
    for (let kill = 0; kill < kills; kill++) {
      await systemClock.sleep(randomInteger(random, 500, 4_000))
      await at().crash()
      // A broker that listens may not serve yet: something must get through between two kills.
      const before = written
      await expect.poll(() => written, { timeout: 60_000 }).toBeGreaterThan(before)
    }
    await systemClock.sleep(500)
    isOver = true
    total = await writing
    await Promise.all(seats)
    const records = readings.flatMap((reading) => reading.records)
    const numbers = records.map((record) => Number(record.value)).sort((a, b) => a - b)
    expect(numbers, `seed ${seed}`).toStrictEqual(Array.from({ length: total }, (_, i) => i))
    for (let partition = 0; partition < partitions; partition++) {
      const own = records.filter((record) => record.lane === `${topic}/${partition}`)
      const byOffset = own
        .toSorted((a, b) => Number(a.offset - b.offset))
        .map((record) => Number(record.value))
      expect(byOffset).toStrictEqual(byOffset.toSorted((a, b) => a - b))
    }
  })
})
