/**
 * Other clients that write what a plan says, and Java's that tells what there is to read.
 *
 * A plan is lines of words between tabs: P(roducer) name codec transactionalId, B(egin) name, C(ommit) name, A(bort) name,
 * F(lush) name, S(end) name partition timeMs key value headers. Bytes are hexadecimal after a dot; null is "-".
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs, { type Message, type Producer, type Transaction } from 'kafkajs'
import { kafkaTool } from '../../support/apache-kafka.ts'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
const withinMs = 120_000

export interface Peer {
  readonly name: string
  readonly codecs: readonly string[]
  /** Headers whose value is null. */
  readonly hasNullHeaders: boolean
  write(address: string, topic: string, plan: readonly string[]): Promise<void>
}

const javaProgram = join(import.meta.dirname, 'KafkaPeer.java')

const java = async (args: readonly string[], input = ''): Promise<string> => {
  const ended = await kafkaTool(javaProgram, args, { input, withinMs })
  if (ended.code !== 0) throw new Error(`Java's client ended with ${ended.code}: ${ended.errors}`)
  return ended.output
}

/** What Java's consumer reads of a topic, a line a record: partition, offset, time, key, value, headers. */
export const readByJava = async (
  address: string,
  topic: string,
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<string[]> => {
  const output = await java(['read', address, topic, isolation])
  return output.split('\n').filter((line) => line !== '')
}

const javaPeer: Peer = {
  name: 'Java',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  hasNullHeaders: true,
  write: async (address, topic, plan) => {
    await java(['write', address, topic], `${plan.join('\n')}\n`)
  },
}

/** Whether programs with librdkafka can be made here. */
const hasLibrdkafka = (): boolean =>
  spawnSync('gcc', ['-E', '-include', 'librdkafka/rdkafka.h', '-x', 'c', '/dev/null'], { stdio: 'ignore' })
    .status === 0

/** @param folder where its program is made */
const librdkafkaPeer = (folder: string): Peer => {
  const program = join(folder, 'librdkafka-peer')
  const source = join(import.meta.dirname, 'librdkafka_peer.c')
  const made = spawnSync('gcc', ['-O1', '-o', program, source, '-lrdkafka'], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`librdkafka_peer.c: ${made.stderr}`)
  return {
    name: 'librdkafka',
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    hasNullHeaders: true,
    write: async (address, topic, plan) => {
      const child = spawn(program, [address, topic], { stdio: ['pipe', 'ignore', 'pipe'], timeout: withinMs })
      let errors = ''
      child.stderr.on('data', (chunk) => {
        errors += String(chunk)
      })
      child.stdin.end(`${plan.join('\n')}\n`)
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
      if (code !== 0) throw new Error(`librdkafka ended with ${code}: ${errors}`)
    },
  }
}

const bytesOf = (word: string): Buffer | null => (word === '-' ? null : Buffer.from(word.slice(1), 'hex'))

const messageOf = (words: readonly string[]): Message & { partition: number } => {
  const [, , partition = '', timestamp = '', key = '', value = '', headerWords = ''] = words
  const headers: Record<string, Buffer[]> = {}
  for (const header of headerWords.split(',').filter((each) => each !== '')) {
    const [name = '', text = ''] = header.split(':')
    const found = bytesOf(text)
    if (found !== null) (headers[String(bytesOf(name))] ??= []).push(found)
  }
  return { partition: Number(partition), timestamp, key: bytesOf(key), value: bytesOf(value), headers }
}

interface KafkajsProducer {
  readonly producer: Producer
  readonly compression: number
  transaction: Transaction | null
  waiting: (Message & { partition: number })[]
}

const writeByKafkajs = async (address: string, topic: string, plan: readonly string[]): Promise<void> => {
  const zstd = { compress: zstdCompressOf, decompress: zstdDecompressOf }
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  const producers = new Map<string, KafkajsProducer>()
  const flush = async (each: KafkajsProducer): Promise<void> => {
    const messages = each.waiting.splice(0)
    if (messages.length === 0) return
    await (each.transaction ?? each.producer).send({ topic, messages, compression: each.compression })
  }
  for (const line of plan) {
    const words = line.split('\t')
    const [what, name = '', codec = '', transactionalId = '-'] = words
    if (what === 'P') {
      const isTransactional = transactionalId !== '-'
      const producer = kafka.producer(
        isTransactional ? { transactionalId, idempotent: true, maxInFlightRequests: 1 } : {},
      )
      await producer.connect()
      const compression = { none: 0, gzip: 1, zstd: 4 }[codec] ?? 0
      producers.set(name, { producer, compression, transaction: null, waiting: [] })
      continue
    }
    const each = producers.get(name)
    if (each === undefined) throw new Error(`There is no producer ${name}`)
    if (what === 'S') each.waiting.push(messageOf(words))
    else await flush(each)
    if (what === 'B') each.transaction = await each.producer.transaction()
    if (what === 'C') await each.transaction?.commit()
    if (what === 'A') await each.transaction?.abort()
    if (what === 'C' || what === 'A') each.transaction = null
  }
  for (const each of producers.values()) {
    await flush(each)
    await each.producer.disconnect()
  }
}

const zstdCompressOf = async ({ buffer }: { buffer: Buffer }): Promise<Buffer> => zstdCompressSync(buffer)
const zstdDecompressOf = async (buffer: Buffer): Promise<Buffer> => zstdDecompressSync(buffer)

const kafkajsPeer: Peer = {
  name: 'kafkajs',
  codecs: ['none', 'gzip', 'zstd'],
  hasNullHeaders: false,
  write: writeByKafkajs,
}

/** The clients that there are here. @param folder where programs are made */
export const peersIn = (folder: string): readonly Peer[] => [
  javaPeer,
  kafkajsPeer,
  ...(hasLibrdkafka() ? [librdkafkaPeer(folder)] : []),
]
