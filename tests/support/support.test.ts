import { Client } from 'pg'
import { expect, test } from 'vitest'
import { kafkaTool, startApacheKafka } from './apache-kafka.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { startPostgres15 } from './postgres-15.ts'
import { describeWith } from './requires.ts'

const versionOf = async (url: string): Promise<string> => {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await client.end()
  return rows[0]?.server_version ?? ''
}

test('the embedded PostgreSQL comes back when it is killed', async () => {
  await using postgres = await startEmbeddedPostgres()
  const before = postgres.pid()
  postgres.kill()
  await postgres.untilRunning()
  expect(postgres.pid()).not.toBe(before)
  expect(await versionOf(postgres.url)).toMatch(/^18\./)
})

describeWith(['apache-kafka'], 'the real Apache Kafka', () => {
  test('answers its own tools, and keeps its topics when it is killed', async () => {
    await using kafka = await startApacheKafka({ fsync: true })
    const topics = (...args: string[]) =>
      kafkaTool('org.apache.kafka.tools.TopicCommand', ['--bootstrap-server', kafka.address, ...args])
    expect(await topics('--create', '--topic', 'kept', '--partitions', '3')).toMatchObject({ code: 0 })
    await kafka.restart()
    const described = await topics('--describe', '--topic', 'kept')
    expect(described.output).toContain('PartitionCount: 3')
  })
})

describeWith(['postgres-15'], 'the real PostgreSQL 15', () => {
  test('answers, and again after it was killed', async () => {
    await using postgres = await startPostgres15()
    await postgres.restart()
    expect(await versionOf(postgres.url)).toMatch(/^15\./)
  })
})
