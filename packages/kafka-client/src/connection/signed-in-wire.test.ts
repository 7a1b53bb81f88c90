import { Heartbeat } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../errors/kafka-error.ts'
import type { SaslExchange } from './sasl/mechanism.ts'
import { SignedInWire, sessionPlan } from './signed-in-wire.ts'
import type { Wire } from './wire.ts'

const beat = { groupId: '', generationId: 0, memberId: '' }
const exchange: SaslExchange = {
  first: Buffer.alloc(0),
  secrets: [],
  answer: () => Promise.resolve(null),
}

/** Everything that can go on without time passing has gone on. */
const settled = (): Promise<void> => new Promise(setImmediate)

/** A wire that notes what is sent, time that is set, and secrets and sign-ins that end when they are told to. */
const rig = (lifetimeMs = 1_000) => {
  const sent: string[] = []
  const secrets: PromiseWithResolvers<SaslExchange>[] = []
  const signIns: PromiseWithResolvers<number>[] = []
  const closed: (KafkaError | undefined)[] = []
  const state = { now: 0, isOpen: true }
  const wire: Wire = {
    get isOpen() {
      return state.isOpen
    },
    send: (_message, _version, value) => {
      if (!state.isOpen) return Promise.reject(closed[0] ?? new Error('closed'))
      sent.push(JSON.stringify(value))
      return Promise.resolve(undefined)
    },
    close: (problem) => {
      state.isOpen = false
      closed.push(problem)
    },
  }
  const signIn = {
    prepare: (): Promise<SaslExchange> => {
      const ready = Promise.withResolvers<SaslExchange>()
      secrets.push(ready)
      return ready.promise
    },
    run: (): Promise<number> => {
      sent.push('sign in')
      const ended = Promise.withResolvers<number>()
      signIns.push(ended)
      return ended.promise
    },
  }
  const signedIn = new SignedInWire(wire, 'broker', signIn, { now: () => state.now, random: () => 0.5 })
  const giveSecret = async (): Promise<void> => {
    secrets.shift()?.resolve(exchange)
    await settled()
  }
  const open = async (): Promise<void> => {
    const opening = signedIn.open()
    await giveSecret()
    signIns.shift()?.resolve(lifetimeMs)
    await opening
    sent.length = 0
  }
  const say = (memberId: string): Promise<unknown> =>
    signedIn.send(Heartbeat, 0, { ...beat, memberId }, false)
  const said = (): string[] => sent.map((each) => /"memberId":"(\w+)"/.exec(each)?.[1] ?? each)
  return { signedIn, state, secrets, signIns, closed, giveSecret, open, say, said }
}

test('requests go out at once while the session lasts', async () => {
  const { open, say, said, state } = rig()
  await open()
  state.now = 749
  await say('a')
  expect(said()).toEqual(['a'])
})

test('requests that come while a session is prolonged go out afterwards, in their order and before later ones', async () => {
  const { open, giveSecret, say, said, state, signIns } = rig()
  await open()
  state.now = 750
  await say('a')
  await giveSecret()
  expect(said()).toEqual(['a', 'sign in'])
  const held = [say('b'), say('c')]
  const last = held[1]?.then(() => say('e'))
  signIns.shift()?.resolve(1_000)
  // In the very turn in which the sign-in ends.
  held.push(say('d'))
  await Promise.all(held)
  await last
  expect(said()).toEqual(['a', 'sign in', 'b', 'c', 'd', 'e'])
})

test('requests go on while the secret is fetched, until the session is nearly over', async () => {
  const { open, giveSecret, say, said, state, secrets, signIns } = rig()
  await open()
  state.now = 800
  await say('a')
  state.now = 899
  await say('b')
  expect(secrets).toHaveLength(1)
  state.now = 900
  const held = say('c')
  expect(said()).toEqual(['a', 'b'])
  await giveSecret()
  signIns.shift()?.resolve(1_000)
  await held
  expect(said()).toEqual(['a', 'b', 'sign in', 'c'])
})

test('a session counts from the beginning of its sign-in', async () => {
  const { open, giveSecret, say, said, state, signIns, secrets } = rig()
  await open()
  state.now = 950
  const held = say('a')
  await giveSecret()
  state.now = 1_000
  signIns.shift()?.resolve(1_000)
  await held
  state.now = 1_699
  await say('b')
  expect(secrets).toEqual([])
  state.now = 1_700
  await say('c')
  expect(secrets).toHaveLength(1)
  expect(said()).toEqual(['sign in', 'a', 'b', 'c'])
})

test('a session without an end is never prolonged', async () => {
  const { open, say, said, state } = rig(0)
  await open()
  state.now = 1e12
  await say('a')
  expect(said()).toEqual(['a'])
})

test('a source of secrets that fails is asked again while the session lasts', async () => {
  const { open, giveSecret, say, said, state, secrets, signIns, signedIn } = rig()
  await open()
  state.now = 800
  await say('a')
  secrets.shift()?.reject(new KafkaError('CREDENTIALS_MISSING', 'broker', 'down'))
  await settled()
  state.now = 849
  await say('b')
  expect(secrets).toEqual([])
  state.now = 850
  await say('c')
  await giveSecret()
  const held = say('d')
  signIns.shift()?.resolve(1_000)
  await held
  expect(said()).toEqual(['a', 'b', 'c', 'sign in', 'd'])
  expect(signedIn.isOpen).toBe(true)
})

describe('where a session cannot be prolonged, the connection ends as one to open again, and what was held says why', () => {
  test.each([
    {
      says: 'refused',
      end: async ({ giveSecret, signIns }: ReturnType<typeof rig>) => {
        await giveSecret()
        signIns.shift()?.reject(new KafkaError('AUTHENTICATION_FAILED', 'broker', 'another name'))
      },
      sent: ['sign in'],
      words: /signing in again failed.*another name/,
    },
    {
      says: 'without a secret when it is nearly over',
      end: ({ secrets }: ReturnType<typeof rig>) => {
        secrets.shift()?.reject(new KafkaError('CREDENTIALS_MISSING', 'broker', 'down'))
      },
      sent: [],
      words: /signing in again failed.*down/,
    },
  ])('$says', async ({ end, sent, words }) => {
    const all = rig()
    await all.open()
    all.state.now = 900
    const held = [all.say('a'), all.say('b')].map(async (each) => {
      await expect(each).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        message: expect.stringMatching(words),
      })
    })
    await end(all)
    await Promise.all(held)
    expect(all.said()).toEqual(sent)
    expect(all.signedIn.isOpen).toBe(false)
    await expect(all.say('c')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })
})

test('what a first sign-in ends with is told as it is', async () => {
  const { signedIn, giveSecret, signIns } = rig()
  const opening = signedIn.open()
  await giveSecret()
  signIns.shift()?.reject(new KafkaError('AUTHENTICATION_FAILED', 'broker', 'no'))
  await expect(opening).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
})

const never = { renewMs: Infinity, holdMs: Infinity, askAgainMs: Infinity }

describe('a session is prolonged', () => {
  test.each([
    { says: 'never without an end', lifetimeMs: 0, random: 0, plan: never },
    { says: 'never when the broker says nonsense', lifetimeMs: -5, random: 0, plan: never },
    {
      says: 'early',
      lifetimeMs: 10_000,
      random: 0,
      plan: { renewMs: 7_000, holdMs: 9_000, askAgainMs: 500 },
    },
    {
      says: 'late',
      lifetimeMs: 10_000,
      random: 0.999_9,
      plan: { renewMs: 7_999, holdMs: 9_000, askAgainMs: 500 },
    },
  ])('$says', ({ lifetimeMs, random, plan }) => {
    expect(sessionPlan(lifetimeMs, () => random)).toEqual(plan)
  })
})
