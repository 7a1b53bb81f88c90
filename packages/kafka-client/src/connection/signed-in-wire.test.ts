import { Heartbeat } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../errors/kafka-error.ts'
import { renewAfterMs, SignedInWire } from './signed-in-wire.ts'
import type { Wire } from './wire.ts'

const beat = { groupId: '', generationId: 0, memberId: '' }

/** A wire that notes what is sent, time that is set, and sign-ins that end when they are told to. */
const rig = (lifetimeMs = 1_000) => {
  const sent: string[] = []
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
    run: (): Promise<number> => {
      sent.push('sign in')
      const ended = Promise.withResolvers<number>()
      signIns.push(ended)
      return ended.promise
    },
  }
  const signedIn = new SignedInWire(wire, 'broker', signIn, { now: () => state.now, random: () => 0.5 })
  const open = async (): Promise<void> => {
    const opening = signedIn.open()
    signIns.shift()?.resolve(lifetimeMs)
    await opening
    sent.length = 0
  }
  const say = (memberId: string): Promise<unknown> =>
    signedIn.send(Heartbeat, 0, { ...beat, memberId }, false)
  const said = (): string[] => sent.map((each) => /"memberId":"(\w+)"/.exec(each)?.[1] ?? each)
  return { signedIn, state, signIns, closed, open, say, said }
}

test('requests go out at once while the session lasts', async () => {
  const { open, say, said, state } = rig()
  await open()
  state.now = 749
  await say('a')
  expect(said()).toEqual(['a'])
})

test('requests that come while a session is prolonged go out afterwards, in their order and before later ones', async () => {
  const { open, say, said, state, signIns } = rig()
  await open()
  state.now = 750
  const held = [say('a'), say('b')]
  expect(said()).toEqual(['sign in'])
  const last = held[1]?.then(() => say('d'))
  signIns.shift()?.resolve(1_000)
  // In the very turn in which the sign-in ends.
  held.push(say('c'))
  await Promise.all(held)
  await last
  expect(said()).toEqual(['sign in', 'a', 'b', 'c', 'd'])
})

test('a session counts from the beginning of its sign-in', async () => {
  const { open, say, said, state, signIns } = rig()
  await open()
  state.now = 800
  const held = say('a')
  state.now = 1_000
  signIns.shift()?.resolve(1_000)
  await held
  state.now = 1_549
  await say('b')
  expect(said()).toEqual(['sign in', 'a', 'b'])
  state.now = 1_550
  const again = say('c')
  signIns.shift()?.resolve(1_000)
  await again
  expect(said()).toEqual(['sign in', 'a', 'b', 'sign in', 'c'])
})

test('a session without an end is never prolonged', async () => {
  const { open, say, said, state } = rig(0)
  await open()
  state.now = 1e12
  await say('a')
  expect(said()).toEqual(['a'])
})

test('where a session cannot be prolonged, the connection ends as one to open again, and what was held says why', async () => {
  const { open, say, said, state, signIns, signedIn } = rig()
  await open()
  state.now = 900
  const held = [say('a'), say('b')]
  signIns.shift()?.reject(new KafkaError('AUTHENTICATION_FAILED', 'broker', 'another name'))
  for (const each of held) {
    await expect(each).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(/signing in again failed.*another name/),
    })
  }
  expect(said()).toEqual(['sign in'])
  expect(signedIn.isOpen).toBe(false)
  await expect(say('c')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
})

test('what a first sign-in ends with is told as it is', async () => {
  const { signedIn, signIns } = rig()
  const opening = signedIn.open()
  signIns.shift()?.reject(new KafkaError('AUTHENTICATION_FAILED', 'broker', 'no'))
  await expect(opening).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
})

describe('a session is prolonged', () => {
  test.each([
    { says: 'never without an end', lifetimeMs: 0, random: 0, after: Infinity },
    { says: 'never when the broker says nonsense', lifetimeMs: -5, random: 0, after: Infinity },
    { says: 'early', lifetimeMs: 10_000, random: 0, after: 7_000 },
    { says: 'late', lifetimeMs: 10_000, random: 0.999_9, after: 7_999 },
  ])('$says', ({ lifetimeMs, random, after }) => {
    expect(renewAfterMs(lifetimeMs, () => random)).toBe(after)
  })
})
