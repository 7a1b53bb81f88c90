/** Trouble while it runs, or when it starts before what it needs: it says so, and goes on when it is over. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { ask } from '../examples/recount.ts'
import { startEmbeddedPostgres } from '../support/embedded.ts'
import { freePorts, type TestPart } from '../support/part.ts'
import {
  pipelinesOf,
  type SluiceHome,
  sluiceHome,
  startCommand,
  untilHolds,
  untilSaid,
} from '../support/sluice.ts'

const toTable = (table: string, options = ''): string =>
  `source: { kafka: { topic: ${table}${options} } }, sink: { postgres: { table: ${table}, columns: { n: bigint, at: { type: bigint, from: meta.offset } } } }`

const untilState = (home: SluiceHome, part: TestPart, name: string, state: string): Promise<void> =>
  untilHolds(part, `${name} is ${state}`, async () =>
    (await pipelinesOf(home)).some((pipeline) => pipeline.name === name && pipeline.state === state),
  )

const send = async (broker: string, topic: string, numbers: readonly number[]): Promise<void> => {
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: numbers.map((n) => ({ value: JSON.stringify({ n }) })) })
  await producer.disconnect()
}

const untilStored = (
  home: SluiceHome,
  part: TestPart,
  table: string,
  numbers: readonly number[],
): Promise<void> =>
  untilHolds(part, `${table} has ${numbers.length} rows`, async () => {
    const rows = await ask(home.databaseUrl(), `select n from ${table} order by n`).catch(() => [])
    return JSON.stringify(rows.map(({ n }) => Number(n))) === JSON.stringify(numbers)
  })

describe('a changed file', () => {
  const before = `topics:\n  kept: { partitions: 1 }\npipelines:\n  kept: { ${toTable('kept')} }\n`

  test('with mistakes is told with places and changes nothing; once it is mended it is taken', async () => {
    using home = await sluiceHome('changed')
    const file = home.write(before)
    await using sluice = await home.up(file)
    await untilState(home, sluice, 'kept', 'running')
    writeFileSync(
      file,
      `${before}  more: { sorce: host }\n  again: { source: hots, sink: { kafka: { topic: kept } } }\n`,
    )
    await untilSaid(sluice, 'the changed file was not taken; what ran goes on')
    expect(sluice.output()).toContain(
      'sluice.yaml:5:11: the pipeline more has no "sorce"; did you mean "source"?',
    )
    expect(sluice.output()).toMatch(/sluice\.yaml:6:\d+: .*"hots".*did you mean "host"\?/)
    await send(home.kafka, 'kept', [1, 2])
    await untilStored(home, sluice, 'kept', [1, 2])
    expect((await pipelinesOf(home)).map(({ name }) => name)).toEqual(['kept'])
    writeFileSync(file, `${before}  more: { source: host, sink: { kafka: { topic: kept-metrics } } }\n`)
    await untilState(home, sluice, 'more', 'running')
    await send(home.kafka, 'kept', [3])
    await untilStored(home, sluice, 'kept', [1, 2, 3])
    // The other pipeline was not touched.
    expect(sluice.output().match(/pipeline kept: now running/g)).toHaveLength(1)
  })
})

describe('an offset that is gone', () => {
  test('fails its pipeline with the reason where that was asked for, loses nothing silently, and holds up no other', async () => {
    using home = await sluiceHome('gone')
    const file = home.write(
      `topics:\n  strict: { partitions: 1 }\n  other: { partitions: 1 }\npipelines:\n  strict: { ${toTable('strict', ', on_gap: fail')} }\n  other: { ${toTable('other')} }\n`,
    )
    await using sluice = await home.up(file)
    await untilState(home, sluice, 'strict', 'running')
    await send(home.kafka, 'strict', [0, 1, 2, 3, 4])
    await untilStored(home, sluice, 'strict', [0, 1, 2, 3, 4])
    const post = async (path: string, body?: object) => {
      const init =
        body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      const answer = await home.call(path, { method: 'POST', ...init })
      expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
    }
    await post('/api/pipelines/strict/stop')
    await untilState(home, sluice, 'strict', 'stopped')
    await send(home.kafka, 'strict', [5, 6, 7, 8, 9])
    const admin = new Kafka({ brokers: [home.kafka], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.fetchTopicOffsets('strict')
    await admin.deleteTopicRecords({ topic: 'strict', partitions: [{ partition: 0, offset: '8' }] })
    await admin.disconnect()
    await post('/api/pipelines/strict/start')
    await untilState(home, sluice, 'strict', 'failed')
    const shown = JSON.parse((await home.call('/api/pipelines/strict')).text) as {
      reason: string
      ledger: { gap: number }
    }
    expect(shown.reason).toMatch(
      /Position .*5.* of lane strict.* does not exist any more; the oldest is .*:8\./,
    )
    expect(shown.reason).toContain('on_gap')
    expect(shown.ledger.gap).toBe(0)
    expect(JSON.parse((await home.call('/health')).text)).toMatchObject({ stream_status: 'degraded' })
    await send(home.kafka, 'other', [1])
    await untilStored(home, sluice, 'other', [1])
    await untilStored(home, sluice, 'strict', [0, 1, 2, 3, 4])
    await post('/api/pipelines/strict/stop')
    await untilState(home, sluice, 'strict', 'stopped')
    await post('/api/pipelines/strict/position/reset', { to: 'earliest', dry_run: false })
    await post('/api/pipelines/strict/start')
    await untilStored(home, sluice, 'strict', [0, 1, 2, 3, 4, 8, 9])
  })
})

/** A way to a port that opens only when it is told to. */
const gateTo = async (target: number) => {
  const [port = 0] = await freePorts(1)
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    inner.pipe(outer).pipe(inner)
  })
  return {
    port,
    open: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('server and worker that are started before database and Kafka', () => {
  test('wait, say for what, and work as soon as those are there', async () => {
    using home = await sluiceHome('early')
    await using postgres = await startEmbeddedPostgres()
    using gate = await gateTo(postgres.port)
    const url = postgres.url.replace(`:${postgres.port}/`, `:${gate.port}/`)
    const file = home.write(
      `kafka: { brokers: ["${home.kafka}"] }\ndatabase: { url: "${url}" }\ntopics:\n  early: { partitions: 1 }\npipelines:\n  early: { ${toTable('early')} }\n`,
    )
    const words = home.options()
    await using server = startCommand(['server', file, ...words], { cwd: home.folder })
    await using worker = startCommand(['worker', file, ...words], { cwd: home.folder })
    for (const part of [server, worker]) {
      await untilSaid(part, 'waiting for the database')
      expect(part.output()).toContain('ECONNREFUSED')
      expect(part.output()).not.toMatch(/postgres:\/\//)
    }
    await gate.open()
    await untilSaid(worker, 'is ready')
    // Kafka is not there yet: the server answers already and says what is missing.
    await untilSaid(server, 'listening on http')
    const health = JSON.parse((await home.call('/health')).text) as object
    expect(health).toMatchObject({ status: 'unhealthy', kafka_connected: false, database_connected: true })
    const ready = await home.call('/ready')
    expect(ready.status).toBe(503)
    expect(ready.text).toContain(String(home.port.kafka))
    const topics = await home.call('/api/topics')
    expect([topics.status, (JSON.parse(topics.text) as { code: string }).code]).toEqual([503, 'UNAVAILABLE'])
    await untilHolds(worker, 'the pipeline said what it waits for', async () => {
      const [pipeline] = await pipelinesOf(home)
      return pipeline?.state === 'degraded'
    })
    await using broker = startCommand(['broker', '--kafka', home.kafka, '--dir', `${home.folder}/broker`])
    await untilSaid(broker, 'listening on')
    await untilState(home, worker, 'early', 'running')
    await send(home.kafka, 'early', [1, 2, 3])
    await untilHolds(worker, 'its rows are there', async () => {
      const rows = await ask(postgres.url, 'select n from early').catch(() => [])
      return rows.length === 3
    })
    await Promise.all([server.stop(), worker.stop()])
    expect([server.exitCode(), worker.exitCode()]).toEqual([0, 0])
  })

  test('end at once when they are told to while they wait', async () => {
    using home = await sluiceHome('early')
    const [nobody = 0] = await freePorts(1)
    const file = home.write(
      `kafka: { brokers: ["${home.kafka}"] }\ndatabase: { url: "postgres://a:b@127.0.0.1:${nobody}/c" }\n`,
    )
    await using server = startCommand(['server', file, ...home.options()])
    await untilSaid(server, 'waiting for the database')
    await server.stop('SIGINT')
    expect(server.exitCode()).not.toBeNull()
    expect(readFileSync(file, 'utf8')).toContain('brokers')
  })
})
