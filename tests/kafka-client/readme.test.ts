/** The client's README does what it says: its examples are run, and print what stands below them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { clientOf, describeBrokers } from '../kafka/brokers.ts'
import { blocksOf } from '../support/markdown.ts'

const root = join(import.meta.dirname, '../..')
const blocks = blocksOf(readFileSync(join(root, 'packages/kafka-client/README.md'), 'utf8'))
const examples = blocks.flatMap((block, i) =>
  block.language === 'ts' ? [{ ...block, prints: blocks[i + 1] }] : [],
)

/** Runs TypeScript from the root of the repository; resolves to what it printed. */
const run = async (code: string): Promise<string> => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd: root })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return `${output}${errors}`
}

test('the README has examples, and each is followed by what it prints', () => {
  expect(examples.length).toBeGreaterThan(4)
  expect(examples.filter(({ prints }) => prints?.language !== 'text')).toStrictEqual([])
})

describeBrokers('the README of the client', (at, broker) => {
  beforeAll(async () => {
    await using admin = await clientOf(at()).admin()
    await using writer = await clientOf(at()).writer()
    await admin.createTopic({ name: 'orders', partitions: 1, replicationFactor: 1, configs: {} })
    await admin.createTopic({ name: 'payments', partitions: 1, replicationFactor: 1, configs: {} })
    const value = (total: number): Buffer => Buffer.from(JSON.stringify({ total }))
    const order = { topic: 'orders', partition: 0, headers: [], timeMs: Date.now() }
    const headers = [{ key: 'source', value: Buffer.from('web') }]
    await writer.send([
      { ...order, key: Buffer.from('o-1'), value: value(10) },
      { ...order, key: Buffer.from('o-2'), value: value(20), headers },
      { ...order, key: Buffer.from('o-1'), value: null },
      { ...order, key: Buffer.from('o-3'), value: value(30) },
    ])
  })

  describe('prints what it says', () => {
    test.for(examples)('line $line', async ({ text: code, prints }, { skip }) => {
      const isTransactional = code.includes('transactionalProducer')
      skip(isTransactional && broker === 'embedded broker', 'the embedded broker has no transactions')
      const output = await run(code.replaceAll('localhost:9092', at().address))
      expect(output).toBe(prints?.text)
    })
  })
})
