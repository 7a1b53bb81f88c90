/**
 * Answers that no broker would send: the client says what is wrong, opens the connection anew after a pause, and goes on
 * when the broker has come to its senses. The seed is printed with a failure; SLUICE_SEED repeats it.
 */
import { connect, createServer, type Socket } from 'node:net'
import { isKafkaError, openKafka } from 'sluice-kafka-client'
import {
  ApiVersions,
  Fetch,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  ListOffsets,
  type Message,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from 'sluice-kafka-protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWire } from '../../packages/kafka-client/src/connection/open-wire.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { type Random, randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { newTopic, produce, type TestBroker, uniqueName } from '../kafka/brokers.ts'
import { startEmbeddedBroker } from '../support/embedded.ts'
import { freePorts } from '../support/part.ts'

const seed = Number(process.env['SLUICE_SEED'] ?? 20_261_121)

const randomBytes = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => randomInteger(random, 0, 255)))

/** What becomes of an answer; its first four bytes say to which request it belongs. */
type Nonsense = (answer: Buffer, random: Random) => Buffer

const framed = (answer: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(answer.length)
  return Buffer.concat([size, answer])
}

const kinds: Readonly<Record<string, Nonsense>> = {
  'any bytes': (answer, random) =>
    framed(Buffer.concat([answer.subarray(0, 4), randomBytes(random, randomInteger(random, 0, 200))])),
  'some wrong bytes': (answer, random) => {
    const wrong = Buffer.from(answer)
    for (let i = randomInteger(random, 1, 6); i > 0 && wrong.length > 4; i--) {
      wrong.writeUInt8(randomInteger(random, 0, 255), randomInteger(random, 4, wrong.length - 1))
    }
    return framed(wrong)
  },
  'a piece of the answer': (answer, random) =>
    framed(answer.subarray(0, randomInteger(random, 0, answer.length))),
  'an answer to nobody': (answer, random) =>
    framed(Buffer.concat([randomBytes(random, 4), answer.subarray(4)])),
  'a size that none has': (answer, random) => {
    // Negative, or beyond what is believed: for anything less the client waits until the request times out.
    const size = Buffer.from([randomInteger(random, 0x40, 0xff), ...randomBytes(random, 3)])
    return Buffer.concat([size, answer])
  },
}

/** Stands between client and broker, and spoils some answers. */
class Liar implements AsyncDisposable {
  readonly port: number
  readonly requests: number[] = []
  connections = 0
  spoils: ((apiKey: number) => Nonsense | undefined) | null = null
  readonly #target: number
  readonly #random: Random
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((client) => this.#serve(client))

  constructor(port: number, target: number, random: Random) {
    this.port = port
    this.#target = target
    this.#random = random
    this.#server.listen(port, '127.0.0.1')
  }

  #serve(client: Socket): void {
    this.connections++
    const upstream = connect(this.#target, '127.0.0.1')
    const keys = new Map<number, number>()
    const ends = [client, upstream]
    for (const socket of ends) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const each of ends) each.destroy()
      })
    }
    this.#frames(client, (frame) => {
      const key = frame.readInt16BE(0)
      this.requests.push(key)
      keys.set(frame.readInt32BE(4), key)
      upstream.write(framed(frame))
    })
    this.#frames(upstream, (frame) => {
      const nonsense = this.spoils?.(keys.get(frame.readInt32BE(0)) ?? -1)
      client.write(nonsense === undefined ? framed(frame) : nonsense(frame, this.#random))
    })
  }

  #frames(from: Socket, take: (frame: Buffer) => void): void {
    let rest = Buffer.alloc(0)
    from.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0)
        take(rest.subarray(4, end))
        rest = rest.subarray(end)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.#server[Symbol.asyncDispose]()
  }
}

const attacked: readonly Pick<Message, 'key' | 'name'>[] = [
  ApiVersions,
  Metadata,
  ListOffsets,
  Fetch,
  FindCoordinator,
  JoinGroup,
  SyncGroup,
  Heartbeat,
  OffsetFetch,
  OffsetCommit,
]

describe('a client whose broker talks nonsense', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedBroker>>
  let broker: TestBroker

  beforeAll(async () => {
    server = await startEmbeddedBroker('os')
    broker = {
      address: server.address,
      crash: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => server.stop(),
    }
  })

  afterAll(() => server.stop())

  test.each(Object.entries(kinds))('goes on when it is over: %s', async (_says, nonsense) => {
    const random = seededRandom(seed)
    const [port = 0] = await freePorts(1)
    await using liar = new Liar(port, server.port, random)
    const topic = await newTopic(broker)
    await produce(broker, topic, ['a', 'b', 'c'])
    await using kafka = openKafka({
      brokers: broker.address,
      // Wherever the cluster says that its brokers are.
      openWire: (_address, options) => openWire({ host: '127.0.0.1', port }, options),
    })
    for (const { key, name } of attacked) {
      const troubles: unknown[] = []
      const consumer = kafka.groupConsumer({
        group: uniqueName('group'),
        topics: [topic],
        waitMs: 50,
        heartbeatMs: 50,
        sessionTimeoutMs: 6_000,
        commitEveryMs: 50,
        onOutOfRange: 'earliest',
        onTrouble: (problem) => troubles.push(problem),
      })
      await systemClock.sleep(randomInteger(random, 0, 60))
      const [requests, connections] = [liar.requests.length, liar.connections]
      liar.spoils = (asked) => (asked === key ? nonsense : undefined)
      const thrown: unknown[] = []
      const seen = new Set<string | null>()
      const read = async (until: () => boolean, withinMs: number): Promise<void> => {
        const signal = AbortSignal.timeout(withinMs)
        while (!until() && !signal.aborted) {
          const batch = await consumer.next(signal).catch((error: unknown) => {
            if (!signal.aborted) thrown.push(error)
            return null
          })
          if (batch === null) continue
          for (const record of batch) seen.add(record.valueText)
          consumer.done(batch)
        }
      }
      await read(() => false, 400)
      const told = (): string => `${name}: ${String(troubles.slice(-3))}; ${String(thrown.slice(-3))}`
      expect(liar.connections - connections, `seed ${seed}, ${told()}`).toBeLessThan(60)
      expect(liar.requests.length - requests, `seed ${seed}, ${told()}`).toBeLessThan(300)
      liar.spoils = null
      await read(() => seen.size === 3, 15_000)
      expect(seen, `seed ${seed}, ${told()}`).toEqual(new Set(['a', 'b', 'c']))
      expect([...thrown, ...troubles].filter((each) => each !== null && !isKafkaError(each))).toEqual([])
      await consumer[Symbol.asyncDispose]()
    }
  })
})
