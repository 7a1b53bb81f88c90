/** Signing in, against a broker that answers as it is told. */
import { ApiVersions, errorCodes, SaslAuthenticate, SaslHandshake } from 'sluice-kafka-protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { KafkaError } from '../../errors/kafka-error.ts'
import { limits } from '../../support/limits.ts'
import type { ClientMessage, Wire } from '../wire.ts'
import type { SaslMechanism } from './mechanism.ts'
import { mechanismOf, type Sasl } from './options.ts'
import { plainExchange } from './plain.ts'
import { SignIn } from './sign-in.ts'

const address = { host: 'broker', port: 9092 }
const plain: SaslMechanism = {
  name: 'PLAIN',
  begin: () => Promise.resolve(plainExchange('alice', 'wonderland')),
}

const whole = async (signIn: SignIn): Promise<number> => await signIn.run(await signIn.prepare())

interface Answers {
  readonly versions?: readonly { apiKey: number; minVersion: number; maxVersion: number }[]
  readonly handshake?: { readonly errorCode: number; readonly mechanisms: readonly string[] }
  readonly authenticate?: Readonly<Record<string, unknown>>
}

const authenticateUpTo = (maxVersion: number) => [{ apiKey: SaslAuthenticate.key, minVersion: 0, maxVersion }]

/** What is asked is noted; every round is answered alike. */
const brokerWith = ({
  versions = authenticateUpTo(2),
  handshake = { errorCode: 0, mechanisms: [] },
  authenticate = {},
}: Answers) => {
  const asked: string[] = []
  const closed: unknown[] = []
  const answers = new Map<number, unknown>([
    [ApiVersions.key, { errorCode: 0, apiKeys: versions }],
    [SaslHandshake.key, handshake],
    [
      SaslAuthenticate.key,
      {
        errorCode: 0,
        errorMessage: null,
        authBytes: Buffer.alloc(0),
        sessionLifetimeMs: 60_000n,
        ...authenticate,
      },
    ],
  ])
  const send = (message: ClientMessage<never, never>, version: number): Promise<never> => {
    asked.push(`${message.name} v${version}`)
    return Promise.resolve(answers.get(message.key) as never)
  }
  const wire: Wire = { isOpen: true, send: send as Wire['send'], close: (problem) => closed.push(problem) }
  return { wire, asked, closed }
}

test('asks for versions once, shakes hands, and tells how long the session lasts', async () => {
  const { wire, asked } = brokerWith({})
  const signIn = new SignIn(wire, address, plain)
  expect(await whole(signIn)).toBe(60_000)
  expect(await whole(signIn)).toBe(60_000)
  const words = ['SaslHandshake v1', 'SaslAuthenticate v2']
  expect(asked).toEqual(['ApiVersions v3', ...words, ...words])
})

test('speaks the version that an older broker knows', async () => {
  const { wire, asked } = brokerWith({ versions: authenticateUpTo(0) })
  await whole(new SignIn(wire, address, plain))
  expect(asked.at(-1)).toBe('SaslAuthenticate v0')
})

describe('a sign-in ends', () => {
  test.each<{ says: string; answers: Answers; code: string; words: RegExp }>([
    {
      says: 'where nobody signs in',
      answers: { versions: [] },
      code: 'AUTHENTICATION_FAILED',
      words: /leave sasl out/,
    },
    {
      says: 'with another mechanism',
      answers: {
        handshake: {
          errorCode: errorCodes.UNSUPPORTED_SASL_MECHANISM,
          mechanisms: ['SCRAM-SHA-256', 'X'],
        },
      },
      code: 'AUTHENTICATION_FAILED',
      words: /does not take PLAIN, but SCRAM-SHA-256, X/,
    },
    {
      says: 'when hands are not shaken now',
      answers: { handshake: { errorCode: errorCodes.ILLEGAL_SASL_STATE, mechanisms: [] } },
      code: 'AUTHENTICATION_FAILED',
      words: /leave sasl out/,
    },
    {
      says: "with the broker's own words, but never the secret",
      answers: {
        authenticate: {
          errorCode: errorCodes.SASL_AUTHENTICATION_FAILED,
          errorMessage: 'bad: wonderland\nand wonderland again',
        },
      },
      code: 'AUTHENTICATION_FAILED',
      words: /bad: … and … again/,
    },
    {
      says: 'with the name of the error where the broker has no words',
      answers: { authenticate: { errorCode: errorCodes.SASL_AUTHENTICATION_FAILED } },
      code: 'AUTHENTICATION_FAILED',
      words: /SASL_AUTHENTICATION_FAILED/,
    },
    {
      says: 'as something to try again where the broker is not ready',
      answers: { authenticate: { errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS } },
      code: 'BROKER_NOT_READY',
      words: /COORDINATOR_LOAD_IN_PROGRESS/,
    },
  ])('$says', async ({ answers, code, words }) => {
    const outcome = whole(new SignIn(brokerWith(answers).wire, address, plain))
    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringMatching(words) })
    await expect(outcome).rejects.not.toThrow('wonderland')
  })

  test('when it does not end', async () => {
    const endless: SaslMechanism = {
      name: 'PLAIN',
      begin: () =>
        Promise.resolve({
          first: Buffer.from('a'),
          secrets: [],
          answer: () => Promise.resolve(Buffer.from('b')),
        }),
    }
    const { wire, asked } = brokerWith({})
    await expect(whole(new SignIn(wire, address, endless))).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    })
    expect(asked.length).toBeLessThan(10)
  })
})

describe('secrets come from functions', () => {
  test('which are asked at each sign-in, before hands are shaken', async () => {
    const { wire, asked } = brokerWith({})
    const mechanism = mechanismOf({
      mechanism: 'PLAIN',
      username: 'alice',
      password: () => {
        asked.push('password')
        return 'wonderland'
      },
    })
    const signIn = new SignIn(wire, address, mechanism)
    await whole(signIn)
    await whole(signIn)
    const order = asked.filter((each) => each === 'password' || each.startsWith('SaslHandshake'))
    expect(order).toEqual(['password', 'SaslHandshake v1', 'password', 'SaslHandshake v1'])
  })

  test.each<{ says: string; sasl: Sasl }>([
    {
      says: 'that throw',
      sasl: {
        mechanism: 'PLAIN',
        username: 'a',
        password: () => {
          throw new Error('wonderland')
        },
      },
    },
    { says: 'that give nothing', sasl: { mechanism: 'PLAIN', username: 'a', password: () => '' } },
  ])('$says: something to try again, without their words', async ({ sasl }) => {
    const outcome = whole(new SignIn(brokerWith({}).wire, address, mechanismOf(sasl)))
    await expect(outcome).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING', advice: 'retry' })
    await expect(outcome).rejects.not.toThrow('wonderland')
  })

  test('which may say themselves what is wrong', async () => {
    const own = new KafkaError('CREDENTIALS_MISSING', 'vault', 'it is sealed')
    const sasl: Sasl = { mechanism: 'OAUTHBEARER', token: () => Promise.reject(own) }
    await expect(whole(new SignIn(brokerWith({}).wire, address, mechanismOf(sasl)))).rejects.toBe(own)
  })
})

describe('who waits too long', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('for a secret lets the source know, and may try again', async () => {
    let signal: AbortSignal | null = null
    const sasl: Sasl = {
      mechanism: 'OAUTHBEARER',
      token: (given) => {
        signal = given
        return new Promise(() => undefined)
      },
    }
    const { wire, asked } = brokerWith({})
    const outcome = new SignIn(wire, address, mechanismOf(sasl)).prepare().catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(limits.secretTimeoutMs)
    expect(await outcome).toMatchObject({ code: 'CREDENTIALS_MISSING' })
    expect(signal).toMatchObject({ aborted: true })
    expect(asked).toEqual([])
  })

  test('for the broker ends the connection', async () => {
    const { wire, closed } = brokerWith({})
    const silent: Wire = { ...wire, send: () => new Promise(() => undefined) }
    const outcome = whole(new SignIn(silent, address, plain)).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(limits.signInTimeoutMs)
    expect(await outcome).toMatchObject({ code: 'TIMED_OUT', advice: 'retry' })
    expect(closed).toMatchObject([{ code: 'TIMED_OUT' }])
  })
})

test('a mechanism that nobody knows is a wrong option', () => {
  expect(() => mechanismOf({ mechanism: 'MAGIC' } as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('MAGIC') }),
  )
})
