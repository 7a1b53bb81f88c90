import { describe, expect, test } from 'vitest'
import type { Principal } from '../../contract/answers.ts'
import { type VirtualClock, virtualClock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { LiveConnection, type LiveSocket } from './connection.ts'
import type { Feed } from './feed.ts'
import { Feeds } from './feeds.ts'

const { live } = limits

const admin: Principal = { kind: 'admin', name: 'admin', permissions: 'all' }

/** A feed that always has something new of a size. */
const endless = (bytes: number): Feed => ({
  started: Promise.resolve(),
  failure: null,
  begin: () => ({ seq: 0, resumed: false }),
  next: (cursor) => ({ seq: cursor + 1, atMs: 0, dropped: 0, body: Buffer.from(`"${'x'.repeat(bytes)}"`) }),
  close: () => undefined,
})

interface Rig {
  readonly connection: LiveConnection
  readonly clock: VirtualClock
  readonly log: string[]
  /** Bytes that the network has not taken. */
  unsent: number
  who: () => Promise<Principal>
  subscribe(id: string, feed?: Feed): Promise<void>
  /** Lets time go by, looking after the connection each second. */
  pass(ms: number, eachSecond?: () => void): Promise<void>
}

const startRig = (): Rig => {
  const clock = virtualClock(1_000_000)
  const log: string[] = []
  const feeds = new Map<string, Feed>()
  const socket: LiveSocket = {
    send: (data) => {
      const { type, id }: { type: string; id?: string } = JSON.parse(data.toString())
      log.push(id === undefined ? type : `${type} ${id}`)
    },
    get unsentBytes() {
      return rig.unsent
    },
    ping: () => log.push('ping'),
    close: (code) => log.push(`close ${code}`),
    cut: () => log.push('cut'),
  }
  const connection = new LiveConnection({
    version: '1',
    clock,
    keyFile: 'key',
    channels: (channel) => ({
      permission: 'topics:read',
      subject: { kind: 'topic', name: null },
      feed: { key: channel, start: () => feeds.get(channel) ?? endless(10), lingerMs: 0 },
    }),
    feeds: new Feeds(clock, 100),
    socket,
    principal: admin,
    whoIsIt: () => rig.who(),
  })
  const rig: Rig = {
    connection,
    clock,
    log,
    unsent: 0,
    who: () => Promise.resolve(admin),
    subscribe: async (id, feed = endless(10)) => {
      feeds.set(id, feed)
      connection.receive(Buffer.from(JSON.stringify({ type: 'subscribe', id, channel: id })))
      await clock.advance(0)
      log.length = 0
    },
    pass: async (ms, eachSecond = () => undefined) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        await clock.advance(1_000)
        eachSecond()
        await connection.check(clock.now())
      }
    },
  }
  return rig
}

const isClose = (entry: string): boolean => entry.startsWith('close') || entry === 'cut'

describe('a connection', () => {
  test('is pinged and told that the server is there, while it is quiet', async () => {
    const rig = startRig()
    await rig.pass(live.pingMs, () => rig.connection.heard())
    expect(rig.log.filter((entry) => entry === 'ping')).toHaveLength(1)
    expect(rig.log.filter((entry) => entry === 'alive')).toHaveLength(live.pingMs / live.aliveMs)
  })

  test('whose client does not answer pings is cut', async () => {
    const rig = startRig()
    await rig.subscribe('a')
    await rig.pass(live.silenceMsMax)
    expect(rig.log.filter(isClose)).toEqual([])
    await rig.pass(2_000)
    expect(rig.log.filter(isClose)[0]).toBe('cut')
  })

  test('that watches nothing for long is closed, one that watches is not', async () => {
    const rig = startRig()
    await rig.pass(live.idleMsMax + 2_000, () => rig.connection.heard())
    expect(rig.log.filter(isClose)).toEqual(['close 4408'])
    const watching = startRig()
    await watching.subscribe('a')
    await watching.pass(live.idleMsMax + 2_000, () => watching.connection.heard())
    expect(watching.log.filter(isClose)).toEqual([])
  })

  test('gets nothing while the network has not taken what it got, and goes on then', async () => {
    const rig = startRig()
    await rig.subscribe('a')
    rig.unsent = live.unsentBytesMax + 1
    expect(rig.connection.flush(rig.clock.now())).toBe(false)
    rig.unsent = 0
    expect(rig.connection.flush(rig.clock.now())).toBe(true)
    expect(rig.log).toEqual(['update a'])
  })

  test('ends a subscription that cannot be shown, and no other', async () => {
    const rig = startRig()
    const broken: Feed = {
      ...endless(10),
      next: () => {
        throw new RangeError('Invalid time value')
      },
    }
    await rig.subscribe('a')
    await rig.subscribe('broken', broken)
    for (let i = 0; i < 2; i++) rig.connection.flush(rig.clock.now())
    expect(rig.log.toSorted()).toEqual(['error broken', 'update a', 'update a'])
  })

  test('shares what may be sent between its subscriptions', async () => {
    const rig = startRig()
    // Each takes more than a second's worth at once.
    for (const id of ['a', 'b', 'c']) await rig.subscribe(id, endless(live.bytesPerSecondMax * 1.5))
    for (let i = 0; i < 6; i++) {
      await rig.clock.advance(2_000)
      rig.connection.flush(rig.clock.now())
    }
    const counts = ['a', 'b', 'c'].map((id) => rig.log.filter((entry) => entry === `update ${id}`).length)
    expect(counts).toEqual([2, 2, 2])
  })

  test('outlives a store of sessions that does not answer, and ends with its session', async () => {
    const rig = startRig()
    await rig.subscribe('a')
    rig.who = () => Promise.reject(fault('UNAVAILABLE', { what: 'The database', problem: 'gone' }))
    await rig.pass(20_000, () => rig.connection.heard())
    expect(rig.log.filter(isClose)).toEqual([])
    rig.who = () => Promise.reject(fault('UNAUTHENTICATED', { keyFile: 'key' }))
    await rig.pass(live.authenticateMs + 1_000, () => rig.connection.heard())
    expect(rig.log.filter(isClose)).toEqual(['close 4401'])
    expect(rig.connection.flush(rig.clock.now())).toBe(false)
  })

  test('takes the same name again as a wish for something else', async () => {
    const rig = startRig()
    await rig.subscribe('a')
    rig.connection.receive(Buffer.from('{"type":"subscribe","id":"a","channel":"b"}'))
    await rig.clock.advance(0)
    rig.connection.flush(rig.clock.now())
    expect(rig.log).toEqual(['subscribed a', 'update a'])
  })
})
