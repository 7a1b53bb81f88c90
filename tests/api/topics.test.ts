import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kafka } from '../../packages/sluice/src/api/ports.ts'
import { startTestApi, type TestApi, testKey } from '../../packages/sluice/src/api/rig.suite.ts'
import { run } from '../../packages/sluice/src/cli/rig.suite.ts'
import { clientOf, describeBrokers, uniqueName } from '../kafka/brokers.ts'

describeBrokers('topics and messages over API and command line', (broker) => {
  let api: TestApi
  let http = ''
  const parts: AsyncDisposable[] = []
  beforeAll(async () => {
    const client = clientOf(broker())
    const [admin, writer, peek] = await Promise.all([client.admin(), client.writer(), client.peek()])
    parts.push(admin, writer, peek)
    const kafka: Kafka = { admin, writer, peek, openPeek: () => client.peek() }
    api = await startTestApi({ kafka })
    http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  })
  afterAll(async () => {
    await api[Symbol.asyncDispose]()
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()))
  })

  const sluice = (words: readonly string[], stdin = '') =>
    run({ words: [...words, '--http', http], stdin, environment: { SLUICE_KEY: testKey } })

  test('a topic is made, filled, read page by page, and deleted', async () => {
    const topic = uniqueName('paged')
    expect(await sluice(['topics', 'create', topic, '-p', '3'])).toMatchObject({ code: 0, err: '' })
    const lines = Array.from({ length: 2_500 }, (_, n) => `k${n % 50}:{"n":${n}}\n`)
    expect(await sluice(['produce', topic, '-K', ':'], lines.join(''))).toMatchObject({ code: 0 })
    const shown = await sluice(['topics', 'show', topic, '--json'])
    expect(JSON.parse(shown.out)).toMatchObject({ messages: '2500', partitions: 3 })
    const all = await sluice(['consume', topic, '--from', 'earliest', '--format', 'key-value'])
    const read = all.out.trimEnd().split('\n')
    expect(read.toSorted()).toEqual(lines.map((line) => line.trimEnd().replace(':', '\t')).toSorted())
    // Within a key the order is kept.
    const ofOne = read
      .filter((line) => line.startsWith('k7\t'))
      .map((line) => Number(/\d+(?=\})/.exec(line)?.[0]))
    expect(ofOne).toEqual(ofOne.toSorted((a, b) => a - b))
    const newest = await sluice(['consume', topic, '-n', '3', '--json'])
    expect(newest.out.trimEnd().split('\n')).toHaveLength(3)
    expect(await sluice(['topics', 'delete', topic, '--yes'])).toMatchObject({ code: 0 })
    expect(await sluice(['consume', topic])).toMatchObject({ code: 1 })
  })

  test('followers wait without holding up each other or pages', async () => {
    const topic = uniqueName('followed')
    await sluice(['topics', 'create', topic, '-p', '1'])
    const followers = Array.from({ length: 5 }, () =>
      sluice(['consume', topic, '-f', '--from', 'earliest', '-n', '2', '--format', 'value']),
    )
    expect(await sluice(['produce', topic], 'one\n')).toMatchObject({ code: 0 })
    expect((await sluice(['consume', topic, '--format', 'value'])).out).toBe('one\n')
    await sluice(['produce', topic], 'two\n')
    for (const follower of await Promise.all(followers))
      expect(follower).toMatchObject({ code: 0, out: 'one\ntwo\n' })
  })

  test('a topic that is made anew under the same name is read anew', async () => {
    const topic = uniqueName('anew')
    for (const words of ['one', 'two']) {
      expect(await sluice(['topics', 'create', topic, '-p', '1'])).toMatchObject({ code: 0 })
      await sluice(['produce', topic, words])
      expect((await sluice(['consume', topic, '--format', 'value'])).out).toBe(`${words}\n`)
      expect(await sluice(['topics', 'delete', topic, '--yes'])).toMatchObject({ code: 0 })
    }
    expect((await sluice(['consume', topic])).err).toContain('There is no topic named')
  })

  test('what Kafka refuses is told', async () => {
    const topic = uniqueName('refused')
    await sluice(['topics', 'create', topic, '-p', '1'])
    expect(await sluice(['topics', 'create', topic])).toMatchObject({ code: 1 })
    const { code, err } = await sluice(['topics', 'create', uniqueName('bad'), '--set', 'no.such.setting=1'])
    expect(code).toBe(1)
    expect(err).toContain('no.such.setting')
  })
})
