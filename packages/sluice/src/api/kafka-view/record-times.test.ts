import { expect, test } from 'vitest'
import type { OutgoingRecord } from '../../flow/kafka-ports.ts'
import { fault } from '../../kernel/faults/index.ts'
import { control, memoryKafka } from '../memory-kafka.suite.ts'
import { recordTimes, type WantedTime, wantedKey } from './record-times.ts'

const nobodyLeaves = new AbortController().signal

const at = (partition: number, offset: number, topic = 't'): WantedTime => ({
  topic,
  topicId: 'id',
  partition,
  offset: BigInt(offset),
})

/** A topic whose record at offset n of a partition has the time 1000 * n; counts the reads. */
const kafkaWith = async (partitions: number, records: number) => {
  const kafka = memoryKafka()
  await kafka.admin.createTopic({ name: 't', partitions, replicationFactor: 1, configs: {} })
  const all = Array.from({ length: partitions * records }, (_, i): OutgoingRecord => {
    const timeMs = Math.floor(i / partitions) * 1_000
    return { topic: 't', partition: i % partitions, key: null, value: null, headers: [], timeMs }
  })
  await kafka.writer.send(all)
  let reads = 0
  const openPeek = async () => ({
    ...(await kafka.openPeek()),
    read: (...given: Parameters<typeof kafka.peek.read>) => {
      reads++
      return kafka.peek.read(...given)
    },
  })
  return { kafka, openPeek, reads: () => reads }
}

test('partitions of a topic are read at once, and what was found is not read again', async () => {
  const { openPeek, reads } = await kafkaWith(3, 10)
  await using times = recordTimes(openPeek)
  const wanted = [at(0, 4), at(1, 9), at(2, 0)]
  const found = await times.of(wanted, nobodyLeaves)
  expect(wanted.map((each) => found.get(wantedKey(each)))).toEqual([4_000, 9_000, 0])
  expect(reads()).toBe(1)
  await times.of(wanted, nobodyLeaves)
  expect(reads()).toBe(1)
  // Another group stands elsewhere in the same partitions.
  expect((await times.of([at(0, 4), at(0, 5)], nobodyLeaves)).get(wantedKey(at(0, 5)))).toBe(5_000)
  expect(reads()).toBe(2)
})

test('marks of transactions are passed over', async () => {
  const { kafka, openPeek } = await kafkaWith(1, 2)
  await kafka.writer.send([
    { ...control, topic: 't', partition: 0 },
    { topic: 't', partition: 0, key: null, value: null, headers: [], timeMs: 77 },
  ])
  await using times = recordTimes(openPeek)
  expect((await times.of([at(0, 2)], nobodyLeaves)).get(wantedKey(at(0, 2)))).toBe(77)
})

test('what cannot be found is left out, and nobody hears of trouble', async () => {
  const { openPeek } = await kafkaWith(1, 2)
  await using times = recordTimes(openPeek)
  expect(await times.of([at(0, 99), at(0, 0, 'gone')], nobodyLeaves)).toEqual(new Map())
  await using away = recordTimes(async () => {
    throw fault('UNAVAILABLE', { what: 'Kafka', problem: 'away' })
  })
  expect(await away.of([at(0, 0)], nobodyLeaves)).toEqual(new Map())
})

test('a look costs a bounded number of reads, and the next one goes on', async () => {
  const { openPeek, reads } = await kafkaWith(1, 100)
  await using times = recordTimes(openPeek)
  const wanted = Array.from({ length: 100 }, (_, offset) => at(0, offset))
  expect((await times.of(wanted, nobodyLeaves)).size).toBe(64)
  expect(reads()).toBe(64)
  expect((await times.of(wanted, nobodyLeaves)).size).toBe(100)
})
