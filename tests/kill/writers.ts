/**
 * Writers that note what was acknowledged, each with numbers of its own: into Kafka, over HTTP, into a file.
 *
 * - Kafka: a send whose answer is lost is never repeated; its number may be stored or not, but once.
 * - HTTP: a call is repeated under the same idempotency key until it is answered; then it is stored once.
 * - File: a line counts as acknowledged when it is flushed to the disk.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import type { WholeSystem } from './system.ts'

export interface Writer {
  /** Numbers whose storing was promised. */
  readonly acknowledged: Set<number>
  /** Numbers that were sent, answered or not. */
  readonly sent: Set<number>
  stop(): Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const batchRecords = 20
const everyMs = 25

/** Repeats `write` until it is stopped; `write` gets the next numbers. */
const writing = (
  write: (numbers: readonly number[], writer: Writer) => Promise<void>,
  end: () => Promise<void>,
): Writer => {
  let stopped = false
  let next = 0
  const writer: Writer = {
    acknowledged: new Set(),
    sent: new Set(),
    stop: async () => {
      stopped = true
      await running
      await end()
    },
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      const numbers = Array.from({ length: batchRecords }, () => next++)
      for (const number of numbers) writer.sent.add(number)
      await write(numbers, writer)
      await pause(everyMs)
    }
  }
  const running = run()
  return writer
}

const acknowledge = (writer: Writer, numbers: readonly number[]): void => {
  for (const number of numbers) writer.acknowledged.add(number)
}

export const kafkaWriter = async (system: WholeSystem, topic: string): Promise<Writer> => {
  const connect = async (): Promise<Producer> => {
    const kafka = new Kafka({
      brokers: [system.kafka],
      clientId: 'kill-test',
      logLevel: logLevel.NOTHING,
      requestTimeout: 5_000,
      retry: { retries: 0 },
    })
    const producer = kafka.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false })
    await producer.connect()
    return producer
  }
  let producer: Producer | null = await connect()
  return writing(
    async (numbers, writer) => {
      try {
        producer ??= await connect()
        const messages = numbers.map((n) => ({ key: `k${n % 17}`, value: JSON.stringify({ n }) }))
        await producer.send({ topic, messages, acks: -1 })
        acknowledge(writer, numbers)
      } catch {
        // Unanswered: stored or not, it is not sent again. The connection is made anew.
        await producer?.disconnect().catch(() => undefined)
        producer = null
        await pause(50)
      }
    },
    async () => {
      await producer?.disconnect().catch(() => undefined)
    },
  )
}

export const httpWriter = (system: WholeSystem, pipeline: string): Writer => {
  const call = async (numbers: readonly number[]): Promise<boolean> => {
    try {
      const response = await fetch(`${system.http}/api/ingest/${pipeline}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${system.key()}`,
          'content-type': 'application/json',
          'idempotency-key': `call-${numbers[0]}`,
        },
        body: JSON.stringify(numbers.map((n) => ({ n }))),
        signal: AbortSignal.timeout(10_000),
      })
      await response.arrayBuffer()
      if (
        response.status >= 400 &&
        response.status < 500 &&
        response.status !== 404 &&
        response.status !== 429
      ) {
        throw new TypeError(`HTTP ${response.status}`)
      }
      return response.status === 202
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith('HTTP')) throw error
      return false
    }
  }
  return writing(
    async (numbers, writer) => {
      while (!(await call(numbers))) await pause(100)
      acknowledge(writer, numbers)
    },
    () => Promise.resolve(),
  )
}

export const fileWriter = (folder: string, name: string): Writer => {
  const file = openSync(join(folder, name), 'a')
  return writing(
    async (numbers, writer) => {
      writeSync(file, numbers.map((n) => `${JSON.stringify({ n })}\n`).join(''))
      fsyncSync(file)
      acknowledge(writer, numbers)
      await Promise.resolve()
    },
    () => {
      closeSync(file)
      return Promise.resolve()
    },
  )
}
