/** Sessions come and go, and mishaps happen again and again, while records are written and read. Seeded. */
import { expect } from 'vitest'
import { BatchBuilder } from '../../packages/sluice/src/flow/batch-builder.ts'
import type { NewTopic } from '../../packages/sluice/src/flow/kafka-ports.ts'
import { Rows } from '../../packages/sluice/src/flow/rows.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { type Random, randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { newTopic, openSink, openSource, type TestBroker, uniqueName } from './brokers.ts'
import { type Positions, Reading, type ReadRecord } from './reading.ts'

const signal = new AbortController().signal
const partitions = 4
/** When nothing goes wrong any more, what is left is read within this time. */
const readWithinMs = 90_000
/** Another seed is another course of things. */
const chaosSeed = Number(process.env['CHAOS_SEED'] ?? 11)

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
      builder.add({
        key: `k${number % 37}`,
        value: String(number),
        timeMs: systemClock.now(),
        number: BigInt(number),
      })
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

export interface Chaos {
  readonly broker: TestBroker
  readonly topic?: Partial<NewTopic>
  /** Something goes wrong, and is over when it resolves. */
  readonly mishap: (random: Random) => Promise<void>
  readonly mishaps: number
}

export interface Harm {
  /** Acknowledged, and never read. */
  readonly lost: readonly number[]
  readonly repeated: readonly number[]
  /** Partitions in which a record was read before one that was written earlier. */
  readonly disordered: readonly number[]
}

export const noHarm: Harm = { lost: [], repeated: [], disordered: [] }

/** Writes and reads through mishaps; resolves to what they did to the records. */
export const surviveChaos = async ({ broker, topic: over = {}, mishap, mishaps }: Chaos): Promise<Harm> => {
  const random = seededRandom(chaosSeed)
  const topic = await newTopic(broker, { partitions, ...over })
  const pipeline = uniqueName('p')
  const positions: Positions = new Map()
  let isOver = false
  let total = Number.POSITIVE_INFINITY
  let written = 0
  const writing = writeUntil(
    broker,
    topic,
    () => isOver,
    (count) => {
      written = count
    },
  )
  const readings: Reading[] = []
  const seated = new Set<Reading>()
  const readCount = (): number => readings.reduce((sum, reading) => sum + reading.records.length, 0)
  /** One reader after the other on this seat, each living for a while. */
  const seat = async (lives: () => number): Promise<void> => {
    while (readCount() < total) {
      await using session = await openSource(broker, { topic, batch_bytes: '16KB' }, pipeline)
      const reading = new Reading(session, positions)
      readings.push(reading)
      seated.add(reading)
      const until = Date.now() + lives()
      while (Date.now() < until && readCount() < total) await reading.step()
      seated.delete(reading)
    }
  }
  const seats = [seat(() => 60_000), seat(() => randomInteger(random, 1_000, 4_000))]
  for (let count = 0; count < mishaps; count++) {
    await systemClock.sleep(randomInteger(random, 500, 4_000))
    await mishap(random)
    // A broker that listens may not serve yet: something must get through between two mishaps.
    const before = written
    await expect.poll(() => written, { timeout: 60_000 }).toBeGreaterThan(before)
  }
  await systemClock.sleep(500)
  isOver = true
  total = await writing
  const late = new AbortController()
  const outcome = await Promise.race([
    Promise.all(seats).then(() => 'read'),
    systemClock.sleep(readWithinMs, late.signal).then(() => 'stuck'),
  ])
  late.abort()
  if (outcome === 'stuck') {
    const state = JSON.stringify(await Promise.all([...seated].map(stateOf)))
    const read = readCount()
    const wanted = total
    total = read
    throw new Error(`${read} of ${wanted} were read, up to ${JSON.stringify([...positions])}: ${state}`)
  }
  return harmIn(
    topic,
    total,
    readings.flatMap((reading) => reading.records),
  )
}

const stateOf = async ({ session, lanes, faults, events }: Reading) => ({
  lanes: [...lanes],
  faults: faults.slice(-3),
  events: events.slice(-5).map(({ kind }) => kind),
  trouble: session.trouble?.()?.message ?? null,
  lag: (await session.lag().catch(() => [])).map((lag) =>
    JSON.stringify(lag, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ),
})

const harmIn = (topic: string, total: number, records: readonly ReadRecord[]): Harm => {
  const seen = new Map<number, number>()
  for (const { value } of records) seen.set(Number(value), (seen.get(Number(value)) ?? 0) + 1)
  const disordered = Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => {
    const numbers = records
      .filter((record) => record.lane === `${topic}/${partition}`)
      .toSorted((a, b) => Number(a.offset - b.offset))
      .map((record) => Number(record.value))
    return numbers.some((number, i) => number < (numbers[i - 1] ?? 0))
  })
  return {
    lost: Array.from({ length: total }, (_, number) => number).filter((number) => !seen.has(number)),
    repeated: [...seen].filter(([, times]) => times > 1).map(([number]) => number),
    disordered,
  }
}
