import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { Feed } from './feed.ts'
import { Feeds } from './feeds.ts'
import { startStateFeed } from './state-feed.ts'

/** Feeds that say when they end. */
const recorder = (started = Promise.resolve()) => {
  const log: string[] = []
  const request = (key: string, lingerMs = 0) => ({
    key,
    lingerMs,
    start: (): Feed => {
      log.push(`start ${key}`)
      return {
        started,
        failure: null,
        begin: () => ({ seq: 0, resumed: false }),
        next: () => null,
        close: () => {
          log.push(`close ${key}`)
        },
      }
    },
  })
  return { log, request }
}

describe('feeds', () => {
  test('are shared by all who ask for the same, and end with the last one', () => {
    const { log, request } = recorder()
    const feeds = new Feeds(virtualClock(), 10)
    const first = feeds.watch(request('a'))
    const second = feeds.watch(request('a'))
    expect(second.feed).toBe(first.feed)
    first.leave()
    first.leave()
    expect(log).toEqual(['start a'])
    second.leave()
    expect(log).toEqual(['start a', 'close a'])
  })

  test('that linger go on for who comes back in time', async () => {
    const clock = virtualClock()
    const { log, request } = recorder()
    const feeds = new Feeds(clock, 10)
    feeds.watch(request('a', 1_000)).leave()
    await clock.advance(900)
    const back = feeds.watch(request('a', 1_000))
    await clock.advance(5_000)
    expect(log).toEqual(['start a'])
    back.leave()
    await clock.advance(1_000)
    expect(log).toEqual(['start a', 'close a'])
    expect(feeds.count).toBe(0)
  })

  test('are bounded: one that nobody watches makes room, one that is watched does not', () => {
    const { log, request } = recorder()
    const feeds = new Feeds(virtualClock(), 2)
    feeds.watch(request('left', 1_000)).leave()
    feeds.watch(request('watched'))
    feeds.watch(request('new'))
    expect(log).toEqual(['start left', 'start watched', 'close left', 'start new'])
    expect(() => feeds.watch(request('more'))).toThrow('2 feeds')
  })

  test('that cannot start are forgotten, so that the next one tries again', async () => {
    const started = Promise.reject(fault('NOT_FOUND', { kind: 'topic', name: 'a' }))
    const { log, request } = recorder(started)
    const feeds = new Feeds(virtualClock(), 10)
    feeds.watch(request('a'))
    await started.catch(() => undefined)
    feeds.watch(request('a'))
    expect(log).toEqual(['start a', 'close a', 'start a'])
  })

  test('end with the server', () => {
    const { log, request } = recorder()
    const feeds = new Feeds(virtualClock(), 10)
    feeds.watch(request('a'))
    feeds.close()
    expect(log).toEqual(['start a', 'close a'])
  })
})

describe('a state', () => {
  const watchAnswers = async (answers: readonly unknown[]) => {
    const clock = virtualClock(1_000)
    let calls = 0
    const answer = async (): Promise<unknown> => answers[Math.min(calls++, answers.length - 1)]
    const feed = startStateFeed({ answer, everyMs: 500, clock })
    const seen: string[] = []
    let cursor = feed.begin(null).seq
    for (const _ of answers) {
      await clock.advance(500)
      await Promise.resolve()
      const update = feed.next(cursor, false)
      seen.push(update === null ? 'nothing' : update.body.toString())
      cursor = update?.seq ?? cursor
    }
    feed.close()
    const before = calls
    await clock.advance(5_000)
    return { seen, asksOn: calls > before }
  }

  test('is given out when it changed, its time of writing aside, and not asked for once it is closed', async () => {
    const { seen, asksOn } = await watchAnswers([
      { data: [1], timestamp: 'a' },
      { data: [1], timestamp: 'b' },
      { data: [2], timestamp: 'c' },
      { data: [2], timestamp: 'd' },
    ])
    expect(seen.filter((one) => one !== 'nothing')).toEqual([
      '{"data":[1],"timestamp":"a"}',
      '{"data":[2],"timestamp":"c"}',
    ])
    expect(asksOn).toBe(false)
  })

  test('is whole with a time of writing alone, and without any', async () => {
    expect((await watchAnswers([{ timestamp: 'a' }])).seen).toEqual(['{"timestamp":"a"}'])
    expect((await watchAnswers([{ n: 1 }])).seen).toEqual(['{"n":1}'])
  })
})
