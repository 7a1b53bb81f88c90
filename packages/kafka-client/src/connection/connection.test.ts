import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import {
  ApiVersions,
  CreateTopics,
  Metadata,
  Reader,
  readRequestHeader,
  responseFrame,
} from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { openConnection } from './connection.ts'
import { FrameReader } from './frame-reader.ts'
import type { BrokerAddress } from './wire.ts'

const options = { clientId: 'test', tls: false, sasl: null }

interface Rig extends AsyncDisposable {
  readonly address: BrokerAddress
}

/** A broker that tells its versions, and answers Metadata as it is told: in pieces, with rubbish, not at all. */
const startBroker = async (answer: 'whole' | 'bytewise' | 'rubbish' | 'silent' | 'end'): Promise<Rig> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    const send = async (correlationId: number, version: number): Promise<void> => {
      const bytes = Buffer.concat(
        responseFrame(Metadata, version, correlationId, { brokers: [], topics: [], clusterId: 'c' }),
      )
      if (answer === 'whole') socket.write(bytes)
      if (answer === 'rubbish') socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
      if (answer === 'end') socket.end()
      if (answer !== 'bytewise') return
      for (const byte of bytes) {
        socket.write(Buffer.of(byte))
        await new Promise(setImmediate)
      }
    }
    const frames = new FrameReader((frame) => {
      const { apiKey, apiVersion, correlationId } = readRequestHeader(new Reader(frame))
      if (apiKey !== ApiVersions.key) {
        void send(correlationId, apiVersion)
        return
      }
      const apiKeys = [{ apiKey: Metadata.key, minVersion: 0, maxVersion: 9 }]
      const told = responseFrame(ApiVersions, apiVersion, correlationId, { errorCode: 0, apiKeys })
      socket.write(Buffer.concat(told))
    })
    socket.on('data', (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(frames.space(), 0, at)
        at += copied
        frames.filled(copied)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    address: { host: '127.0.0.1', port },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

const all = { topics: null, allowAutoTopicCreation: false }

describe('a connection', () => {
  test.each(['whole', 'bytewise'] as const)('takes an answer that comes %s', async (answer) => {
    await using broker = await startBroker(answer)
    const connection = await openConnection(broker.address, options)
    expect((await connection.request(Metadata, all)).clusterId).toBe('c')
    connection.close()
  })

  test('speaks the highest version that both know', async () => {
    await using broker = await startBroker('whole')
    const connection = await openConnection(broker.address, options)
    expect(connection.versionOf(Metadata)).toBe(9)
    expect(connection.versionOf(Metadata, 4)).toBe(4)
    expect(() => connection.versionOf(CreateTopics)).toThrow(/offers no version of CreateTopics/)
    connection.close()
  })

  test.each([
    { says: 'rubbish comes', answer: 'rubbish' as const, code: 'CONNECTION_LOST' },
    { says: 'the broker ends it', answer: 'end' as const, code: 'CONNECTION_LOST' },
    { says: 'no answer comes in time', answer: 'silent' as const, code: 'TIMED_OUT' },
  ])('fails what is under way, and is open no longer, when $says', async ({ answer, code }) => {
    await using broker = await startBroker(answer)
    const connection = await openConnection(broker.address, options)
    const both = [1, 2].map(() => connection.request(Metadata, all, { timeoutMs: 200 }))
    const failures = await Promise.all(both.map((request) => request.catch((error: unknown) => error)))
    expect(failures[0]).toMatchObject({ code, advice: 'retry' })
    expect(failures[1]).toMatchObject({ advice: 'retry' })
    expect(connection.isOpen).toBe(false)
    await expect(connection.request(Metadata, all)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('fails where nobody listens', async () => {
    const broker = await startBroker('whole')
    await broker[Symbol.asyncDispose]()
    await expect(openConnection(broker.address, options)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      about: `127.0.0.1:${broker.address.port}`,
    })
  })

  test('goes over another wire where one is given', async () => {
    const failing = openConnection(
      { host: 'h', port: 1 },
      { ...options, openWire: () => Promise.reject(new Error('another')) },
    )
    await expect(failing).rejects.toThrow('another')
  })
})
