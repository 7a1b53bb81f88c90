/** The embedded broker through the tools that Apache Kafka brings, with no special setting. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaTool } from '../support/apache-kafka.ts'
import { testFolder } from '../support/folder.ts'
import { describeWith } from '../support/requires.ts'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

describeWith(['apache-kafka'], 'the tools of Apache Kafka', () => {
  let broker: BrokerProcess

  beforeAll(async () => {
    broker = await startBrokerProcess()
  })

  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
  })

  /** Runs a tool; throws when it fails. */
  const run = async (mainClass: string, args: readonly string[], input = ''): Promise<string> => {
    const ended = await kafkaTool(mainClass, ['--bootstrap-server', broker.address, ...args], { input })
    if (ended.code !== 0)
      throw new Error(`${mainClass} ended with ${ended.code}: ${ended.output}${ended.errors}`)
    return ended.output
  }
  const topics = (...args: string[]) => run('org.apache.kafka.tools.TopicCommand', args)
  const configs = (...args: string[]) =>
    run('kafka.admin.ConfigCommand', ['--entity-type', 'topics', '--entity-name', 'tools', ...args])
  const groups = (...args: string[]) =>
    run('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)

  test('make, describe and change a topic', async () => {
    await topics('--create', '--topic', 'tools', '--partitions', '3', '--config', 'retention.ms=100000')
    await topics('--alter', '--topic', 'tools', '--partitions', '4')
    expect(await topics('--describe', '--topic', 'tools')).toMatch(
      /PartitionCount: 4\b.*retention\.ms=100000/,
    )
    await configs('--alter', '--add-config', 'retention.ms=200000')
    expect(await configs('--describe')).toContain('retention.ms=200000')
  })

  test('write and read, in a group with positions that can be moved', async () => {
    const values = Array.from({ length: 50 }, (_, index) => String(index))
    await run('org.apache.kafka.tools.ConsoleProducer', ['--topic', 'tools'], `${values.join('\n')}\n`)
    const limits = ['--max-messages', '50', '--timeout-ms', '60000']
    const reading = ['--topic', 'tools', '--from-beginning', '--group', 'readers', ...limits]
    const read = await run('org.apache.kafka.tools.consumer.ConsoleConsumer', reading)
    expect(new Set(read.trim().split('\n'))).toEqual(new Set(values))
    expect(await groups('--describe', '--group', 'readers')).toMatch(/readers\s+tools\s+0/)
    const toStart = ['--reset-offsets', '--to-earliest', '--topic', 'tools', '--execute']
    expect(await groups('--group', 'readers', ...toStart)).toMatch(/readers\s+tools\s+0\s+0/)
    await groups('--group', 'readers', '--delete')
    expect(await groups('--list')).not.toContain('readers')
  })

  test('find offsets, delete records, look at the disk', async () => {
    using folder = testFolder('tools')
    const offsets = await run('org.apache.kafka.tools.GetOffsetShell', ['--topic', 'tools'])
    const total = offsets
      .trim()
      .split('\n')
      .map((line) => Number(line.split(':')[2]))
    expect(total.reduce((sum, each) => sum + each, 0)).toBe(50)
    const fullest = total.indexOf(Math.max(...total))
    const file = join(folder.path, 'offsets.json')
    writeFileSync(
      file,
      JSON.stringify({ version: 1, partitions: [{ topic: 'tools', partition: fullest, offset: 1 }] }),
    )
    const deleted = await run('org.apache.kafka.tools.DeleteRecordsCommand', ['--offset-json-file', file])
    expect(deleted).toContain('low_watermark: 1')
    const logs = await run('org.apache.kafka.tools.LogDirsCommand', ['--describe', '--topic-list', 'tools'])
    expect(logs).toContain(`"partition":"tools-${fullest}"`)
  })

  test('delete a topic', async () => {
    await topics('--delete', '--topic', 'tools')
    expect(await topics('--list')).not.toContain('tools')
  })
})
