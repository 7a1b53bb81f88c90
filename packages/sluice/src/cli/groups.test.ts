import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from '../api/rig.suite.ts'
import { type RunRequest, run } from './rig.suite.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
})
afterAll(() => rm(directory, { recursive: true }))

let api: TestApi
let http = ''
beforeEach(async () => {
  api = await startTestApi()
  http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  await api.kafka.admin.createTopic({ name: 'orders', partitions: 1, replicationFactor: 1, configs: {} })
  const record = { topic: 'orders', partition: 0, key: null, value: null, headers: [], timeMs: Date.now() }
  await api.kafka.writer.send([record, record, record])
  const offsets = new Map([['orders', new Map([[0, 1n]])]])
  api.kafka.groups.set('billing', { members: [], offsets })
})
afterEach(() => api[Symbol.asyncDispose]())

const sluice = (words: readonly string[], more: Partial<RunRequest> = {}) =>
  run({ ...more, words: [...words, '--http', http, '--dir', directory] })

const committed = () => api.kafka.groups.get('billing')?.offsets.get('orders')?.get(0)

const join = (clientId = 'billing-app'): void => {
  const billing = api.kafka.groups.get('billing')
  if (billing === undefined) return
  const client = { memberId: 'm', instanceId: null, clientId, host: '10.0.0.7', topics: [] }
  billing.members = [{ ...client, partitions: [{ topic: 'orders', partition: 0 }] }]
}

describe('groups', () => {
  test('are listed in 80 columns, with a verdict in words', async () => {
    const name = `a-group-with-a-name-${'that-is-long-'.repeat(5)}`
    api.kafka.groups.set(name, { members: [], offsets: new Map() })
    const { out } = await sluice(['groups'])
    expect(out).toMatch(/^Group +State +Members +Lag +Behind +Verdict\n/)
    expect(out).toMatch(/billing +empty +0 +2 +\d+ \w+ +○ idle\n/)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('none: what would be one', async () => {
    api.kafka.groups.clear()
    expect(await sluice(['groups'])).toMatchObject({
      code: 0,
      err: expect.stringContaining('No consumer group yet') as string,
    })
  })

  test('one is shown with members and partitions', async () => {
    join()
    const { out } = await sluice(['groups', 'show', 'billing'])
    expect(out).toContain('billing-app on 10.0.0.7')
    expect(out).toMatch(/orders\/0 +1 +3 +2 +\d+ \w+ +billing-app\n/)
    expect(JSON.parse((await sluice(['groups', 'show', 'billing', '--json'])).out)).toMatchObject({
      name: 'billing',
      lag: { records: 2 },
    })
    expect(await sluice(['groups', 'show', 'nobody'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('Try: sluice groups list') as string,
    })
  })

  test('a reset says what it would do, and the command that does it', async () => {
    const asked = await sluice(['groups', 'reset', 'billing', '--topic', 'orders'])
    expect(asked.out).toMatch(/Partition +Before +After +Records\norders\/0 +1 +0 +-1\n/)
    expect(asked.out).toContain('Do it: sluice groups reset billing --topic orders --to earliest --apply')
    expect(committed()).toBe(1n)
    const done = await sluice(['groups', 'reset', 'billing', '--topic', 'orders', '--to', '2', '--apply'])
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('1 record left out') as string })
    expect(committed()).toBe(2n)
  })

  test.each([
    { words: ['--topic', 'orders', '--to', 'soon'], says: 'neither earliest, latest, an offset nor a time' },
    { words: ['--to', 'latest'], says: '--topic is missing' },
    { words: ['--topic', 'orders', '--partition', 'x'], says: '--partition x is no partition' },
  ])('a reset that cannot be understood: $says', async ({ words, says }) => {
    const { code, err } = await sluice(['groups', 'reset', 'billing', ...words])
    expect(code).toBe(2)
    expect(err).toContain(says)
    expect(err).toContain('sluice groups reset --help')
  })

  test('with members: who has to leave', async () => {
    join()
    const asked = await sluice(['groups', 'reset', 'billing', '--topic', 'orders'])
    expect(asked.out).toContain('Stop its members first: billing-app on 10.0.0.7')
    const refused = await sluice(['groups', 'reset', 'billing', '--topic', 'orders', '--apply'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('is still read by billing-app on 10.0.0.7')
  })

  test.each([
    { words: ['show', 'billing'] },
    { words: ['reset', 'billing', '--topic', 'orders'] },
    { words: ['reset', 'billing', '--topic', 'orders', '--apply'] },
  ])('whose member steers terminals by its name does not steer ours: $words', async ({ words }) => {
    join('evil\u001B[2J\u001B]0;owned\u0007\u009B31m\u202Eapp')
    const { out, err } = await sluice(['groups', ...words])
    expect(out + err).toContain('evil [2J ]0;owned 31m app on 10.0.0.7')
    expect(out + err).not.toMatch(/[^\P{Cc}\n]|\u202E/u)
  })

  test('is deleted when it was confirmed', async () => {
    const unconfirmed = await sluice(['groups', 'delete', 'billing'])
    expect(unconfirmed.err).toContain('This deletes billing with 1 committed offset for good. Add --yes')
    expect(api.kafka.groups.has('billing')).toBe(true)
    const { out } = await sluice(['groups', 'delete', 'billing', '--yes'])
    expect(out).toBe('Group billing and its offsets are deleted.\n')
    expect(api.kafka.groups.has('billing')).toBe(false)
  })
})

describe('a topic', () => {
  test('shows its settings, says what a change would do, and does it', async () => {
    await sluice(['topics', 'settings', 'orders', '--set', 'retention.ms=5', '--apply'])
    const shown = await sluice(['topics', 'settings', 'orders'])
    expect(shown.out).toMatch(/retention\.ms +5 +this topic\n/)
    expect(shown.out).toMatch(/cleanup\.policy +delete +the cluster\n/)
    const asked = await sluice(['topics', 'settings', 'orders', '--unset', 'retention.ms'])
    expect(asked.out).toMatch(/retention\.ms +5 +604800000\n/)
    expect(asked.out).toContain('Do it: sluice topics settings orders --unset retention.ms --apply')
    expect(api.kafka.topics.get('orders')?.configs).toEqual({ 'retention.ms': '5' })
  })

  test('shows its partitions, and gets more when it was confirmed', async () => {
    const shown = await sluice(['topics', 'partitions', 'orders'])
    expect(shown.out).toMatch(
      /Partition +Messages +Oldest +Next +Leader +Replicas +In sync\n +0 +3 +0 +3 +1 +1 +1\n/,
    )
    const unconfirmed = await sluice(['topics', 'partitions', 'orders', '--count', '4'])
    expect(unconfirmed).toMatchObject({ code: 2, out: '' })
    const { out } = await sluice(['topics', 'partitions', 'orders', '--count', '4', '--yes'])
    expect(out).toBe('Topic orders has 4 partitions now.\n')
  })

  test('is found by a part of its name', async () => {
    expect((await sluice(['topics', '--search', 'RDER'])).out).toMatch(/orders +1 +3 /)
    expect((await sluice(['topics', '--search', 'nothing'])).err).toContain('sluice topics list')
  })
})
