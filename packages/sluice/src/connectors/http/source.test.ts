import { describe, expect, test } from 'vitest'
import type { IdempotencyStore } from '../../flow/http-ingest.ts'
import type { RecordBatch } from '../../flow/record-batch.ts'
import { recordIdHeader } from '../../flow/record-batch.ts'
import type { SourceSession } from '../../flow/source.ts'
import { type VirtualClock, virtualClock } from '../../kernel/clock.ts'
import { limits } from '../../kernel/limits.ts'
import { memoryIdempotency, memoryReceivers, recordsOf, settleAll, testContext } from '../test-context.ts'
import { httpSource } from './definition.ts'
import type { IngestRecord } from './offer.ts'
import { type HttpSource, openHttp } from './source.ts'

const here = new AbortController().signal

interface Setup extends AsyncDisposable {
  readonly session: SourceSession
  readonly receiver: HttpSource
  readonly clock: VirtualClock
  readonly batch: () => Promise<RecordBatch>
}

const setUp = async (
  options: Record<string, unknown> = {},
  idempotency: IdempotencyStore = memoryIdempotency(),
): Promise<Setup> => {
  const clock = virtualClock(1_000)
  const session = await openHttp(options, testContext({ pipeline: 'in', clock, idempotency }))
  await session.start()
  return {
    session,
    receiver: session,
    clock,
    batch: async () => {
      const event = await session.next(here)
      if (event.kind !== 'batch') throw new Error(`no batch but ${event.kind}`)
      return event.batch
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

const events = (...values: unknown[]): IngestRecord[] =>
  values.map((body) => ({ key: null, value: JSON.stringify(body), body, timeMs: 5 }))

const withKey = (idempotencyKey: string | null, signal: AbortSignal = here) => ({ idempotencyKey, signal })

/** What a promise has come to by now. */
const stateOf = async (promise: Promise<unknown>): Promise<string> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  return Promise.race([
    promise.then(
      () => 'resolved',
      () => 'rejected',
    ),
    Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => 'pending'),
  ])
}

describe('a call to the http source', () => {
  test('is answered when the commit is there, not before', async () => {
    await using http = await setUp()
    const answer = http.receiver.offer(events({ a: 1 }, { a: 2 }), withKey(null))
    const batch = await http.batch()
    expect(recordsOf(batch).map(({ text, timeMs }) => [text, timeMs])).toEqual([
      ['{"a":1}', 5],
      ['{"a":2}', 5],
    ])
    expect(await stateOf(answer)).toBe('pending')
    await settleAll(http.session, batch)
    expect(await answer).toEqual({
      accepted: 2,
      recordIds: recordsOf(batch).map(({ id }) => id),
      duplicate: false,
    })
  })

  test('shares a batch with others, and each gets its own answer', async () => {
    await using http = await setUp()
    const answers = [1, 2, 3].map((n) => http.receiver.offer(events({ n }), withKey(null)))
    const batch = await http.batch()
    expect(batch.count).toBe(3)
    await settleAll(http.session, batch)
    const ids = (await Promise.all(answers)).map(({ recordIds }) => recordIds)
    expect(ids).toEqual(recordsOf(batch).map(({ id }) => [id]))
  })

  test('is told to come again when its batch was given up, or the pipeline stopped', async () => {
    await using http = await setUp()
    const taken = http.receiver.offer(events({ a: 1 }), withKey(null))
    http.session.abandon(await http.batch())
    await expect(taken).rejects.toMatchObject({ code: 'UNAVAILABLE', http: 503 })
    const waiting = http.receiver.offer(events({ a: 1 }), withKey(null))
    await http.session.stop('process-1')
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(http.receiver.offer(events({ a: 1 }), withKey(null))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  test('that was taken up is still answered when the pipeline ends in good order', async () => {
    await using http = await setUp()
    const answer = http.receiver.offer(events({ a: 1 }), withKey(null))
    const batch = await http.batch()
    await http.session.stop('process-1')
    await settleAll(http.session, batch)
    expect(await answer).toMatchObject({ accepted: 1 })
  })

  test('is dropped when its caller leaves before it was taken up', async () => {
    await using http = await setUp()
    const leaving = new AbortController()
    const gone = http.receiver.offer(events({ a: 1 }), withKey(null, leaving.signal))
    const stays = http.receiver.offer(events({ a: 2 }), withKey(null))
    leaving.abort()
    await expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const batch = await http.batch()
    expect(recordsOf(batch).map(({ text }) => text)).toEqual(['{"a":2}'])
    await settleAll(http.session, batch)
    await stays
  })

  test('does not wait for ever', async () => {
    await using http = await setUp({ timeout: '5s' })
    http.session.pause('process-1')
    const answer = http.receiver.offer(events({ a: 1 }), withKey(null))
    await Promise.all([
      expect(answer).rejects.toMatchObject({ code: 'UNAVAILABLE' }),
      http.clock.advance(5_000),
    ])
    http.session.resume('process-1')
    expect(await http.session.lag()).toEqual([{ lane: 'process-1', records: 0, behindMs: 0 }])
  })

  test('waits while the pipeline is held back', async () => {
    await using http = await setUp()
    http.session.pause('process-1')
    const answer = http.receiver.offer(events({ a: 1 }), withKey(null))
    const idle = http.session.next(here)
    await http.clock.advance(1_000)
    expect(await idle).toEqual({ kind: 'idle' })
    http.session.resume('process-1')
    await settleAll(http.session, await http.batch())
    expect(await answer).toMatchObject({ accepted: 1 })
  })

  test('is refused with 429 when too much is under way, and taken when there is room again', async () => {
    await using http = await setUp()
    const large = 'x'.repeat(limits.ingestBodyBytesMax - 100)
    const answers = Array.from({ length: 8 }, () => http.receiver.offer(events({ large }), withKey(null)))
    await expect(http.receiver.offer(events({ large }), withKey(null))).rejects.toMatchObject({
      code: 'TOO_BUSY',
      http: 429,
      facts: { retryAfterSeconds: 1 },
    })
    for (let i = 0; i < 8; i++) await settleAll(http.session, await http.batch())
    await Promise.all(answers)
    const again = http.receiver.offer(events({ large }), withKey(null))
    await settleAll(http.session, await http.batch())
    expect(await again).toMatchObject({ accepted: 1 })
  })

  test('is read from its bytes', async () => {
    await using http = await setUp({ key: 'id' })
    const call = {
      ...withKey(null),
      body: Buffer.from('{"id":1}\n{"id":2}'),
      contentType: 'application/x-ndjson',
    }
    const answer = http.receiver.receive(call)
    const batch = await http.batch()
    expect(recordsOf(batch).map(({ key }) => key)).toEqual(['1', '2'])
    await settleAll(http.session, batch)
    expect(await answer).toEqual({ accepted: 2, repeated: false })
    await expect(http.receiver.receive({ ...call, body: Buffer.from('{') })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })
})

describe('an idempotency key', () => {
  test('makes a repeated call harmless', async () => {
    await using http = await setUp()
    const first = http.receiver.offer(events({ a: 1 }, { a: 2 }), withKey('k'))
    const batch = await http.batch()
    await settleAll(http.session, batch)
    const answer = await first
    expect(answer).toEqual({ accepted: 2, recordIds: ['in/http/k/0', 'in/http/k/1'], duplicate: false })
    expect(recordsOf(batch).map(({ id }) => id)).toEqual(answer.recordIds)
    expect(batch.headersOf(1)).toEqual([{ key: recordIdHeader, value: Buffer.from('in/http/k/1') }])
    expect(await http.receiver.offer(events({ a: 1 }, { a: 2 }), withKey('k'))).toEqual({
      ...answer,
      duplicate: true,
    })
    expect(await http.session.lag()).toMatchObject([{ records: 0 }])
  })

  test('lets two calls at once wait for one result', async () => {
    await using http = await setUp()
    const calls = [1, 2, 3].map(() => http.receiver.offer(events({ a: 1 }), withKey('k')))
    const batch = await http.batch()
    expect(batch.count).toBe(1)
    await settleAll(http.session, batch)
    expect((await Promise.all(calls)).map(({ duplicate }) => duplicate)).toEqual([false, true, true])
  })

  test('is refused with other events, while the first call runs and after it', async () => {
    await using http = await setUp()
    const first = http.receiver.offer(events({ a: 1 }), withKey('k'))
    const other = () => http.receiver.offer(events({ a: 2 }), withKey('k'))
    await expect(other()).rejects.toMatchObject({ code: 'CONFLICT', http: 409 })
    await settleAll(http.session, await http.batch())
    await first
    await expect(other()).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('gives the same ids again after a call that failed', async () => {
    await using http = await setUp()
    const first = http.receiver.offer(events({ a: 1 }), withKey('k'))
    const lost = await http.batch()
    http.session.abandon(lost)
    await expect(first).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const second = http.receiver.offer(events({ a: 1 }), withKey('k'))
    const batch = await http.batch()
    expect(batch.idOf(0)).toBe(lost.idOf(0))
    await settleAll(http.session, batch)
    expect(await second).toMatchObject({ accepted: 1, duplicate: false })
  })

  test('finds the result of a call whose caller left', async () => {
    await using http = await setUp()
    const leaving = new AbortController()
    const first = http.receiver.offer(events({ a: 1 }), withKey('k', leaving.signal))
    const batch = await http.batch()
    leaving.abort()
    await expect(first).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const second = http.receiver.offer(events({ a: 1 }), withKey('k'))
    await settleAll(http.session, batch)
    expect(await second).toMatchObject({ accepted: 1, duplicate: true })
  })

  test('is known after a restart, by the store', async () => {
    const store = memoryIdempotency()
    await using before = await setUp({}, store)
    const first = before.receiver.offer(events({ a: 1 }), withKey('k'))
    await settleAll(before.session, await before.batch())
    await first
    await using after = await setUp({}, store)
    expect(await after.receiver.offer(events({ a: 1 }), withKey('k'))).toMatchObject({ duplicate: true })
  })

  test('is not taken when the store cannot be asked, and an answer is given although it cannot remember', async () => {
    const broken = () => Promise.reject(new Error('no connection'))
    await using deaf = await setUp({}, { find: broken, remember: broken })
    await expect(deaf.receiver.offer(events({ a: 1 }), withKey('k'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await using forgetful = await setUp({}, { find: async () => null, remember: broken })
    const answer = forgetful.receiver.offer(events({ a: 1 }), withKey('k'))
    await settleAll(forgetful.session, await forgetful.batch())
    expect(await answer).toMatchObject({ accepted: 1 })
  })

  test('has a bounded length', async () => {
    await using http = await setUp()
    await expect(http.receiver.offer(events({}), withKey('k'.repeat(201)))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })
})

describe('the receiver of a pipeline', () => {
  test('is known while the source is open', async () => {
    const httpReceivers = memoryReceivers()
    const session = await httpSource.open({}, testContext({ pipeline: 'in', httpReceivers }))
    expect(httpReceivers.pipelines()).toEqual(['in'])
    await session[Symbol.asyncDispose]()
    expect(httpReceivers.pipelines()).toEqual([])
  })
})
