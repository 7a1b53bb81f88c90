/**
 * Frames that no client would send: the broker closes those connections, one line each, and goes on serving others.
 * The seed is printed with a failure; SLUICE_SEED repeats it.
 */
import { connect } from 'node:net'
import { Admin } from '@platformatic/kafka'
import fc from 'fast-check'
import { BatchEncoder, messages, Produce, requestFrame } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

const seed = Number(process.env['SLUICE_SEED'] ?? 20_261_121)

/** Sends bytes and waits until the broker closes, or has had time to answer. */
const throwAt = (broker: BrokerProcess, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(broker.port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', () => undefined)
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })

const isServing = async (broker: BrokerProcess): Promise<boolean> => {
  const admin = new Admin({ clientId: 'fuzz', bootstrapBrokers: [broker.address], retries: 0 })
  try {
    const { brokers } = await admin.metadata({ topics: [] })
    return brokers.size === 1
  } finally {
    await admin.close()
  }
}

const header = (apiKey: number, apiVersion: number, body: Uint8Array): Buffer => {
  const frame = Buffer.alloc(14 + body.length)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(apiVersion, 6)
  frame.writeInt32BE(1, 8)
  frame.writeInt16BE(-1, 12)
  frame.set(body, 14)
  return frame
}

const produceFrame = (): Buffer => {
  const encoder = new BatchEncoder()
  encoder.append(null, Buffer.from('value'), 1_700_000_000_000)
  const request = {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 'fuzzed', partitionData: [{ index: 0, records: encoder.finish() }] }],
  }
  return Buffer.concat(requestFrame(Produce, { apiVersion: 9, correlationId: 1, clientId: 'fuzz' }, request))
}

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))

/** Frames with a right header and any body, for every request and version there is. */
const anyRequest = fc
  .tuple(fc.constantFrom(...messages), fc.nat(20), fc.uint8Array({ maxLength: 200 }))
  .map(([message, version, body]) => header(message.key, Math.min(version, message.versionMax), body))

/** A right request with a few wrong bytes. */
const damagedProduce = fc
  .array(fc.tuple(fc.nat(produceFrame().length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  .map((changes) => {
    const frame = produceFrame()
    for (const [at, value] of changes) frame.writeUInt8(value, at)
    return frame
  })

describe('a broker that is sent nonsense', () => {
  test.each([
    { says: 'any bytes', frames: anyBytes, runs: 300 },
    { says: 'any bodies of right requests', frames: anyRequest, runs: 1500 },
    { says: 'batches with wrong bytes', frames: damagedProduce, runs: 500 },
  ])('goes on serving others: $says', async ({ frames, runs }) => {
    await using broker = await startBrokerProcess('--durability', 'os')
    const admin = new Admin({ clientId: 'fuzz', bootstrapBrokers: [broker.address] })
    await admin.createTopics({ topics: ['fuzzed'], partitions: 1, replicas: 1 })
    await admin.close()
    const samples = fc.sample(frames, { seed, numRuns: runs })
    for (let from = 0; from < samples.length; from += 20) {
      await Promise.all(samples.slice(from, from + 20).map((bytes) => throwAt(broker, bytes)))
    }
    expect(await isServing(broker), `seed ${seed}\n${broker.output()}`).toBe(true)
    // A line that carries a stack tells of a bug of ours, not of the client's.
    expect(broker.output()).not.toMatch(/ \| at /)
    await broker.restart()
    expect(await isServing(broker), `seed ${seed}\n${broker.output()}`).toBe(true)
    expect(broker.output()).not.toContain('damaged')
  })
})
