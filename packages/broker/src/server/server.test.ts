/** What a client can count on, and what it cannot do to others: frames, order, limits, drains. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {
  ApiVersions,
  BatchEncoder,
  CreateTopics,
  errorCodes,
  Fetch,
  Metadata,
  Produce,
  Reader,
  requestFrame,
} from 'sluice-kafka-protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { type BrokerOptions, type RunningBroker, startBroker } from '../index.ts'
import { TestClock } from '../log/log-rig.suite.ts'
import { WireClient } from './wire-client.suite.ts'

const cleanUps: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const lines: string[] = []

const start = async (options: Partial<BrokerOptions> = {}): Promise<RunningBroker> => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-server-'))
  cleanUps.push(() => fs.rmSync(dataDir, { recursive: true, force: true }))
  lines.length = 0
  const broker = await startBroker({
    dataDir,
    durability: 'os',
    report: (line) => lines.push(line),
    ...options,
  })
  cleanUps.push(() => broker.close())
  return broker
}

const connect = async (broker: RunningBroker): Promise<WireClient> => {
  const client = await WireClient.connect(broker)
  cleanUps.push(() => client.close())
  return client
}

const batchOf = (value: string): Buffer => {
  const encoder = new BatchEncoder()
  encoder.append(null, Buffer.from(value), Date.now())
  return encoder.finish()
}

const produceTo = (topic: string, records: Buffer, acks = -1) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
})

const fetchFrom = (topic: string, fetchOffset: bigint, maxWaitMs: number, minBytes = 1) => ({
  maxWaitMs,
  minBytes,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
})

const makeTopic = (client: WireClient, name: string) =>
  client.send(CreateTopics, 5, { topics: [{ name, numPartitions: 1, replicationFactor: 1 }] })

const newestFetch = 12

describe.each([{ readMode: 'in-place' as const }, { readMode: 'events' as const }])(
  'a connection that is read $readMode',
  ({ readMode }) => {
    test('carries batches of any size there and back, unchanged', async () => {
      const client = await connect(await start({ readMode, settings: {} }))
      await makeTopic(client, 't')
      const values = [1, 1000, 70_000, 900_000, 5].map((size, index) => String(index).repeat(size))
      const answers = await Promise.all(
        values.map((value) => client.send(Produce, 9, produceTo('t', batchOf(value)))),
      )
      expect(answers.map((answer) => answer.responses[0]?.partitionResponses[0]?.errorCode)).toEqual([
        0, 0, 0, 0, 0,
      ])
      for (const [index, value] of values.entries()) {
        const fetched = await client.send(Fetch, newestFetch, fetchFrom('t', BigInt(index), 0))
        const records = fetched.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
        expect(records.includes(value)).toBe(true)
        expect(records.readBigInt64BE(0)).toBe(BigInt(index))
      }
    })

    test('answers in the order of the requests, although later ones are done earlier', async () => {
      const client = await connect(await start({ readMode }))
      await makeTopic(client, 't')
      const slow = client.send(Fetch, newestFetch, fetchFrom('t', 0n, 300))
      const fast = client.send(Metadata, 9, { topics: [] })
      await Promise.all([slow, fast])
      expect(client.order).toEqual([1, 2, 3])
    })

    test('survives being fed byte by byte, and in one piece with others', async () => {
      const client = await connect(await start({ readMode }))
      const frame = Buffer.concat(
        requestFrame(
          ApiVersions,
          { apiVersion: 3, correlationId: 77, clientId: null },
          {
            clientSoftwareName: 'test',
            clientSoftwareVersion: '1',
          },
        ),
      )
      const slowly = client.rawResponse(77)
      for (const byte of frame) client.write(Buffer.from([byte]))
      await slowly
      const last = client.rawResponse(77)
      client.write(Buffer.concat([frame, frame, frame]))
      await last
      await expect.poll(() => client.order).toEqual([77, 77, 77, 77])
    })
  },
)

test('reading in place works here, and is chosen by itself', async () => {
  const { chooseReadMode } = await import('./socket.adapter.ts')
  expect(await chooseReadMode()).toBe('in-place')
})

describe('ApiVersions', () => {
  test('answers an unknown version as version 0, with the versions there are', async () => {
    const client = await connect(await start())
    const frame = Buffer.alloc(4 + 10)
    frame.writeInt32BE(10, 0)
    frame.writeInt16BE(ApiVersions.key, 4)
    frame.writeInt16BE(99, 6)
    frame.writeInt32BE(5, 8)
    frame.writeInt16BE(-1, 12)
    const response = client.rawResponse(5)
    client.write(frame)
    const answer = ApiVersions.decodeResponse(0, new Reader(await response, 4))
    expect(answer).toMatchObject({
      errorCode: errorCodes.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    })
  })

  test('names the versions that older clients must find', async () => {
    const client = await connect(await start())
    const { apiKeys } = await client.send(ApiVersions, 3, {})
    const rangeOf = (key: number) => apiKeys.find((each) => each.apiKey === key)
    expect(rangeOf(0)).toMatchObject({ minVersion: 0, maxVersion: 13 })
    expect(rangeOf(10)).toMatchObject({ minVersion: 0 })
    expect(rangeOf(11)).toMatchObject({ minVersion: 0 })
    expect(rangeOf(18)).toMatchObject({ minVersion: 0, maxVersion: 4 })
  })
})

describe('a bad frame', () => {
  const header = (apiKey: number, apiVersion: number, body = ''): Buffer => {
    const frame = Buffer.alloc(14 + body.length / 2)
    frame.writeInt32BE(frame.length - 4, 0)
    frame.writeInt16BE(apiKey, 4)
    frame.writeInt16BE(apiVersion, 6)
    frame.writeInt32BE(1, 8)
    frame.writeInt16BE(-1, 12)
    frame.write(body, 14, 'hex')
    return frame
  }

  test.each([
    { says: 'a negative size', bytes: Buffer.from('ffffffff', 'hex') },
    { says: 'too large a size', bytes: Buffer.from('7fffffff', 'hex') },
    { says: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n') },
    { says: 'TLS', bytes: Buffer.from('16030100c4010000c00303', 'hex') },
    { says: 'nothing in it', bytes: Buffer.from('00000000', 'hex') },
    { says: 'an unknown request', bytes: header(999, 0) },
    { says: 'an unknown version', bytes: header(3, 99) },
    { says: 'a version that is advertised but refused', bytes: header(0, 2) },
    { says: 'a body that ends too early', bytes: header(3, 1, '0000') },
    { says: 'an array larger than the frame', bytes: header(3, 1, '7fffffff') },
    { says: 'a client id longer than the frame', bytes: Buffer.from('0000000a000300010000000170ff', 'hex') },
  ])('closes its connection with one line, and nothing else: $says', async ({ bytes }) => {
    const broker = await start()
    const [bad, good] = [await connect(broker), await connect(broker)]
    bad.write(bytes)
    await bad.closed
    expect(lines).toEqual([expect.stringMatching(/^closed 127\.0\.0\.1:\d+: /)])
    expect((await good.send(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  })

  test('does not keep requests before it from being done', async () => {
    const broker = await start()
    const [bad, good] = [await connect(broker), await connect(broker)]
    await makeTopic(good, 't')
    bad.write(
      ...requestFrame(
        Produce,
        { apiVersion: 9, correlationId: 1, clientId: null },
        produceTo('t', batchOf('kept')),
      ),
      Buffer.from('ffffffff', 'hex'),
    )
    await bad.closed
    const fetched = await good.send(Fetch, newestFetch, fetchFrom('t', 0n, 5000))
    expect(fetched.responses[0]?.partitions[0]?.records?.includes('kept')).toBe(true)
  })
})

describe('limits', () => {
  test('connections beyond the limit are refused, with one line', async () => {
    const broker = await start({ limits: { connectionsMax: 2 } })
    const kept = [await connect(broker), await connect(broker)]
    for (const client of [await connect(broker), await connect(broker)]) await client.closed
    expect(lines).toEqual([expect.stringContaining('2 are open')])
    kept[0]?.close()
    await kept[0]?.closed
    await expect
      .poll(async () => {
        const client = await connect(broker)
        return Promise.race([
          client.send(Metadata, 9, { topics: [] }).then(() => 'answered'),
          client.closed.then(() => 'closed'),
        ])
      })
      .toBe('answered')
  })

  test.each([
    { says: 'bytes of the broker', limits: { inFlightBytesMax: 1000 } },
    { says: 'bytes of a connection', limits: { connectionInFlightBytesMax: 1000 } },
    { says: 'requests of a connection', limits: { connectionRequestsMax: 1 } },
    { says: 'unsent bytes', limits: { unsentBytesMax: 1 } },
  ])('make requests wait, but lose none: $says', async ({ limits }) => {
    const broker = await start({ limits })
    const clients = [await connect(broker), await connect(broker), await connect(broker)]
    await makeTopic(clients[0] ?? (await connect(broker)), 't')
    const answers = await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 60 }, () => client.send(Produce, 9, produceTo('t', batchOf('x'.repeat(700))))),
      ),
    )
    const offsets = answers.map((answer) => answer.responses[0]?.partitionResponses[0]?.baseOffset)
    expect(new Set(offsets).size).toBe(180)
  })

  test('a connection that is silent for too long is closed', async () => {
    const clock = new TestClock()
    const broker = await start({ clock, limits: { idleMsMax: 60_000 } })
    const client = await connect(broker)
    await client.send(Metadata, 9, { topics: [] })
    clock.move(61_000)
    expect(await client.closed.then(() => 'closed')).toBe('closed')
    expect(lines).toEqual([])
  })

  test('a client that takes nothing off holds up nobody else', async () => {
    const broker = await start({ limits: { unsentBytesMax: 1 << 20 } })
    const [greedy, other] = [await connect(broker), await connect(broker)]
    await makeTopic(other, 't')
    for (let index = 0; index < 8; index += 1) {
      await other.send(Produce, 9, produceTo('t', batchOf('x'.repeat(900_000))))
    }
    greedy.pause()
    const fetches = Array.from({ length: 100 }, () => greedy.send(Fetch, newestFetch, fetchFrom('t', 0n, 0)))
    for (let index = 0; index < 20; index += 1) await other.send(Metadata, 9, { topics: [] })
    greedy.resume()
    expect(await Promise.all(fetches)).toHaveLength(100)
  })
})

describe('a fetch', () => {
  test('waits for the first byte, and no longer', async () => {
    const broker = await start()
    const [reader, writer] = [await connect(broker), await connect(broker)]
    await makeTopic(writer, 't')
    const fetched = reader.send(Fetch, newestFetch, fetchFrom('t', 0n, 60_000))
    await writer.send(Produce, 9, produceTo('t', batchOf('a')))
    expect((await fetched).responses[0]?.partitions[0]?.highWatermark).toBe(1n)
  })

  test('waits for as many bytes as it asks for', async () => {
    const broker = await start()
    const [reader, writer] = [await connect(broker), await connect(broker)]
    await makeTopic(writer, 't')
    const sizeBytes = batchOf('a').length
    const fetched = reader.send(Fetch, newestFetch, fetchFrom('t', 0n, 60_000, 3 * sizeBytes))
    for (let index = 0; index < 3; index += 1) await writer.send(Produce, 9, produceTo('t', batchOf('a')))
    expect((await fetched).responses[0]?.partitions[0]?.records).toHaveLength(3 * sizeBytes)
  })

  test('answers empty when the time is over', async () => {
    const client = await connect(await start())
    await makeTopic(client, 't')
    const fetched = await client.send(Fetch, newestFetch, fetchFrom('t', 0n, 20))
    expect(fetched.responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, records: Buffer.alloc(0) })
  })

  test('is answered at once when its topic is deleted', async () => {
    const broker = await start()
    const [reader, writer] = [await connect(broker), await connect(broker)]
    await makeTopic(writer, 't')
    const fetched = reader.send(Fetch, newestFetch, fetchFrom('t', 0n, 60_000))
    const { DeleteTopics } = await import('sluice-kafka-protocol')
    await writer.send(DeleteTopics, 5, { topicNames: ['t'], timeoutMs: 1000 })
    expect((await fetched).responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })

  test('gives at least one batch, then no more than asked for', async () => {
    const client = await connect(await start())
    await makeTopic(client, 't')
    for (const value of ['x'.repeat(5000), 'b', 'c'])
      await client.send(Produce, 9, produceTo('t', batchOf(value)))
    const small = { ...fetchFrom('t', 0n, 0), maxBytes: 100 }
    const first = await client.send(Fetch, newestFetch, small)
    expect(first.responses[0]?.partitions[0]?.records).toHaveLength(batchOf('x'.repeat(5000)).length)
    const second = await client.send(Fetch, newestFetch, { ...small, topics: fetchFrom('t', 1n, 0).topics })
    expect(second.responses[0]?.partitions[0]?.records).toHaveLength(batchOf('b').length)
  })

  test('tells clients to go on without sessions', async () => {
    const client = await connect(await start())
    const fetched = await client.send(Fetch, newestFetch, {
      ...fetchFrom('t', 0n, 0),
      sessionId: 5,
      sessionEpoch: 3,
    })
    expect(fetched).toMatchObject({ errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0 })
  })
})

describe('a broker that stops', () => {
  test('answers who waits, in order, and then closes', async () => {
    const broker = await start()
    const [client, other] = [await connect(broker), await connect(broker)]
    await makeTopic(client, 't')
    const waiting = client.send(Fetch, newestFetch, fetchFrom('t', 0n, 60_000, 1 << 20))
    const written = client.send(Produce, 9, produceTo('t', batchOf('a')))
    // Once the record can be seen, both requests have been taken.
    await other.send(Fetch, newestFetch, fetchFrom('t', 0n, 60_000))
    await broker.close()
    expect((await waiting).responses[0]?.partitions[0]?.highWatermark).toBe(1n)
    expect((await written).responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
    await client.closed
  })

  test('gives port and directory free', async () => {
    const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-server-'))
    cleanUps.push(() => fs.rmSync(dataDir, { recursive: true, force: true }))
    const first = await start({ dataDir })
    await expect(startBroker({ dataDir })).rejects.toThrow('in use by another broker')
    await expect(startBroker({ dataDir: `${dataDir}/other`, port: first.port })).rejects.toThrow('EADDRINUSE')
    await first.close()
    const second = await start({ dataDir, port: first.port })
    expect(second.clusterId).toBe(first.clusterId)
  })
})
