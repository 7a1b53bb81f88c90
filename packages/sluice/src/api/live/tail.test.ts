import { describe, expect, test } from 'vitest'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import type { LogLevel } from '../../kernel/logger.ts'
import { memoryKafka } from '../memory-kafka.suite.ts'
import type { LogRow, LogTail } from '../ports.ts'
import { startTestApi } from '../rig.suite.ts'
import { connectLive, key, listen, newTopic, rowsOf, until, upTo, watch, write } from './live-client.suite.ts'

describe('a tail', () => {
  test('brings what is written from now on, as reading the topic would', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await write(api, 'orders', ['before'])
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    await write(api, 'orders', [{ n: 1 }, { n: 2 }])
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client)).toEqual({ values: [{ n: 1 }, { n: 2 }], dropped: 0 })
    const page = await api.server.inject({ url: '/api/topics/orders/messages?from=offset:1', headers: key })
    const updates = client.received.flatMap((one) => (one.type === 'update' ? [one.data] : []))
    expect(updates.flat()).toEqual(page.json<{ data: unknown[] }>().data)
  })

  test.each([-(2 ** 63), -8.64e15 - 1, -1, 2 ** 63])(
    'shows a record stamped %d, and so does a page',
    async (timeMs) => {
      await using api = await startTestApi()
      await newTopic(api, 'orders')
      await using client = await connectLive(await listen(api))
      await watch(client, 'orders')
      const record = { topic: 'orders', partition: 0, key: null, headers: [], value: Buffer.from('{"n":1}') }
      await api.kafka.writer.send([{ ...record, timeMs }])
      await until(() => rowsOf(client).values.length === 1)
      expect(rowsOf(client).values).toEqual([{ n: 1 }])
      for (const path of ['messages?from=earliest', 'messages/0/0', 'histogram']) {
        const answer = await api.server.inject({ url: `/api/topics/orders/${path}`, headers: key })
        expect(answer.statusCode).toBe(200)
      }
    },
  )

  test('goes on without a gap after a reconnect', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    const address = await listen(api)
    const first = await connectLive(address)
    await watch(first, 'orders')
    await write(api, 'orders', [1, 2])
    await until(() => rowsOf(first).values.length === 2)
    const seq = Math.max(...first.received.map((one) => (one.type === 'update' ? one.seq : 0)))
    await first[Symbol.asyncDispose]()
    await write(api, 'orders', [3, 4])
    await using second = await connectLive(address)
    expect(await watch(second, 'orders', seq)).toBe(seq)
    await write(api, 'orders', [5])
    await until(() => rowsOf(second).values.length === 3)
    expect(rowsOf(second)).toEqual({ values: ['3', '4', '5'], dropped: 0 })
  })

  test('begins anew where nobody knows the sequence', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    client.send({
      type: 'subscribe',
      id: 'tail',
      channel: 'messages',
      params: { topic: 'orders' },
      after: 12,
    })
    expect(await client.next('subscribed')).toMatchObject({ resumed: false })
  })

  test('starts where it is told to', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders', 2)
    await write(api, 'orders', [1, 2, 3], 1)
    await using client = await connectLive(await listen(api))
    const params = { topic: 'orders', from: 'at:1=1' }
    client.send({ type: 'subscribe', id: 'tail', channel: 'messages', params })
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client).values).toEqual(['2', '3'])
  })

  test('with a filter brings what it is true for, of one partition where one is named', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders', 2)
    await using client = await connectLive(await listen(api))
    const params = { topic: 'orders', filter: 'event.n > 1.0', partition: 1 }
    client.send({ type: 'subscribe', id: 'tail', channel: 'messages', params })
    await client.next('subscribed')
    await write(api, 'orders', [{ n: 7 }], 0)
    await write(api, 'orders', [{ n: 1 }, { n: 2 }, 'no number', { n: 3 }], 1)
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client)).toEqual({ values: [{ n: 2 }, { n: 3 }], dropped: 0 })
  })

  test('with a filter that is no expression is refused', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    const params = { topic: 'orders', filter: 'event.n >' }
    client.send({ type: 'subscribe', id: 'tail', channel: 'messages', params })
    expect(await client.next('error')).toMatchObject({ code: 'EXPRESSION_INVALID', ended: true })
  })

  test('shows the beginning of what is large', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    await write(api, 'orders', ['x'.repeat(1_000_000)])
    await until(() => rowsOf(client).values.length === 1)
    expect(rowsOf(client).values).toEqual(['x'.repeat(limits.live.previewBytesMax)])
  })

  test('goes on when the cluster is back, and tells that it was away', async () => {
    let isAway = false
    const kafka = memoryKafka()
    const openPeek: typeof kafka.openPeek = async () => {
      const peek = await kafka.openPeek()
      return {
        ...peek,
        read: async (options, signal) => {
          if (isAway) throw fault('UNAVAILABLE', { what: 'Kafka', problem: 'it is away' })
          return peek.read(options, signal)
        },
      }
    }
    await using api = await startTestApi({ kafka: { ...kafka, openPeek } })
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    isAway = true
    await write(api, 'orders', [1])
    expect(await client.next('error')).toMatchObject({ id: 'tail', code: 'UNAVAILABLE', ended: false })
    isAway = false
    await until(() => rowsOf(client).values.length === 1)
    expect(rowsOf(client)).toEqual({ values: ['1'], dropped: 0 })
  })

  test('that is paused keeps what comes, as long as there is room', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    client.send({ type: 'pause', id: 'tail' })
    await write(api, 'orders', [1, 2])
    // An answer to something else shows that the pause was heard and time went by.
    client.send({ type: 'subscribe', id: 'o', channel: 'topic', params: { name: 'orders' } })
    await client.next('update', ({ id }) => id === 'o')
    expect(rowsOf(client).values).toEqual([])
    client.send({ type: 'resume', id: 'tail' })
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client)).toEqual({ values: ['1', '2'], dropped: 0 })
  })

  test('of more than may be sent is sampled, and every row is accounted for', async () => {
    await using api = await startTestApi({
      kafka: memoryKafka({ fetchRecords: 1_000, fetchPartitions: 100 }),
    })
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    await write(api, 'orders', upTo(3_000))
    await until(() => rowsOf(client).values.length + rowsOf(client).dropped === 3_000)
    const { values, dropped } = rowsOf(client)
    expect(values.at(-1)).toBe('2999')
    expect(values.length + dropped).toBe(3_000)
    const sizes = client.received.flatMap((one) =>
      one.type === 'update' && Array.isArray(one.data) ? [one.data.length] : [],
    )
    expect(Math.max(...sizes)).toBe(limits.live.rowsPerUpdateMax)
  })

  test('for a client that does not read harms nobody, and is told what it missed', async () => {
    await using api = await startTestApi({
      kafka: memoryKafka({ fetchRecords: 1_000, fetchPartitions: 100 }),
    })
    await newTopic(api, 'orders')
    const address = await listen(api)
    await using slow = await connectLive(address)
    await using quick = await connectLive(address)
    await watch(slow, 'orders')
    await watch(quick, 'orders')
    slow.socket.pause()
    const text = 'x'.repeat(900)
    const rounds = 60
    for (const round of upTo(rounds)) {
      await write(
        api,
        'orders',
        upTo(100).map((n) => `${round}-${n}-${text}`),
      )
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const total = rounds * 100
    await until(() => rowsOf(quick).values.length + rowsOf(quick).dropped === total)
    slow.socket.resume()
    await until(() => rowsOf(slow).values.length + rowsOf(slow).dropped === total)
    expect(rowsOf(slow).values.length).toBeLessThan(total)
  }, 30_000)
})

describe('the log', () => {
  test('comes line by line, from a level on', async () => {
    let tell: Parameters<LogTail['subscribe']>[0] = () => undefined
    let listeners = 0
    const logTail: LogTail = {
      subscribe: (listener) => {
        listeners++
        tell = listener
        return () => {
          listeners--
        }
      },
    }
    const line = (id: number, level: LogLevel, component: string): LogRow => ({
      id,
      atMs: 0,
      level,
      component,
      process: 'server',
      host: 'h',
      message: `line ${id}`,
      fields: { n: id },
    })
    const api = await startTestApi({ logTail })
    await using client = await connectLive(await listen(api))
    const params = { level: 'warn', component: 'pipeline*' }
    client.send({ type: 'subscribe', id: 'l', channel: 'logs', params })
    await client.next('subscribed')
    tell([line(1, 'info', 'pipeline a'), line(2, 'warn', 'pipeline a'), line(3, 'error', 'server')], 4)
    const { data, dropped } = await client.next('update')
    expect(data).toMatchObject([{ id: '2', message: 'line 2', fields: { n: 2 } }])
    expect(dropped).toBe(4)
    await api.server.close(1_000)
    expect(listeners).toBe(0)
  })
})
