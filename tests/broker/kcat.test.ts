/** The embedded broker through kcat (librdkafka), with no special setting. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRealPart } from '../../tools/real-parts.ts'
import { describeWith } from '../support/requires.ts'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

const withinMs = 60_000

describeWith(['kcat'], 'kcat', () => {
  let broker: BrokerProcess

  beforeAll(async () => {
    broker = await startBrokerProcess()
  })

  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
  })

  /** Runs kcat; throws when it fails. */
  const kcat = async (args: readonly string[], input = ''): Promise<string> => {
    const program = findRealPart('kcat') ?? 'kcat'
    const child = spawn(program, ['-b', broker.address, ...args], { timeout: withinMs })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      errors += String(chunk)
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${errors}`)
    return output
  }

  /** A topic that is there; kcat cannot make one. */
  const newTopic = async (): Promise<string> => {
    const topic = `k-${randomUUID()}`
    const { Admin } = await import('@platformatic/kafka')
    const admin = new Admin({ clientId: 'kcat', bootstrapBrokers: [broker.address] })
    await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
    await admin.close()
    return topic
  }

  const lines = (from: number, count: number): string =>
    Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join('')

  test('sees the broker and its topics', async () => {
    const topic = await newTopic()
    const listed = await kcat(['-L'])
    expect(listed).toContain(`broker 1 at ${broker.address}`)
    expect(listed).toContain(`topic "${topic}" with 2 partitions`)
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'writes and reads, compressed by %s',
    async (codec) => {
      const topic = await newTopic()
      await kcat(['-P', '-t', topic, '-p', '0', '-z', codec], lines(0, 1000))
      expect(await kcat(['-C', '-t', topic, '-p', '0', '-e', '-q'])).toBe(lines(0, 1000))
    },
  )

  test('writes idempotently, with keys and headers', async () => {
    const topic = await newTopic()
    const settings = ['-X', 'enable.idempotence=true', '-H', 'a=b', '-K', ':']
    await kcat(['-P', '-t', topic, '-p', '1', ...settings], 'k1:v1\nk2:v2\n')
    const format = ['-f', '%k=%s [%h] %o\n']
    expect(await kcat(['-C', '-t', topic, '-e', '-q', ...format])).toBe('k1=v1 [a=b] 0\nk2=v2 [a=b] 1\n')
  })

  test('reads from a time on, and the last few', async () => {
    const topic = await newTopic()
    await kcat(['-P', '-t', topic, '-p', '0'], lines(0, 10))
    expect(await kcat(['-C', '-t', topic, '-p', '0', '-o', '-3', '-e', '-q'])).toBe(lines(7, 3))
    expect(await kcat(['-C', '-t', topic, '-p', '0', '-o', 's@1000', '-e', '-q'])).toBe(lines(0, 10))
    expect(await kcat(['-Q', '-t', `${topic}:0:1000`])).toContain('offset 0')
  })

  test('goes on in a group where it stopped, also after a restart of the broker', async () => {
    const topic = await newTopic()
    const group = `kg-${randomUUID()}`
    const read = () => kcat(['-G', group, '-X', 'auto.offset.reset=earliest', '-e', '-q', topic])
    await kcat(['-P', '-t', topic, '-p', '0'], lines(0, 50))
    expect(await read()).toBe(lines(0, 50))
    await broker.restart()
    await kcat(['-P', '-t', topic, '-p', '0'], lines(50, 10))
    expect(await read()).toBe(lines(50, 10))
  })
})
