import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SaslExchange } from './mechanism.ts'
import { type ScramIdentity, scramExchange } from './scram.ts'

const nonce = 'rOprNGfwEbeRWgbNEkqO'
const identity: ScramIdentity = { hash: 'sha256', username: 'user', password: 'pencil', nonce }
const serverNonce = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`

const say = async (exchange: SaslExchange, text: string): Promise<string | undefined> =>
  (await exchange.answer(Buffer.from(text)))?.toString()

// SHA-256: RFC 7677 section 3. The others: computed by Python's hashlib.
const vectors = [
  {
    says: 'SHA-256 of RFC 7677',
    identity,
    first: `n,,n=user,r=${nonce}`,
    serverFirst: `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    final: `c=biws,r=${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
  {
    says: 'SHA-512',
    identity: { ...identity, hash: 'sha512' as const },
    first: `n,,n=user,r=${nonce}`,
    serverFirst: `r=${serverNonce},s=Yin2FuHTt/M0kJWb0t9OI32n2VmOGi3m+JfjOvuDF88=,i=4096`,
    final: `c=biws,r=${serverNonce},p=/3obeUE1tHCJjbQttd+ChF5ox2IU1rNjj2wVDnbQ5LdNT126oy4QgLz2tHw/Uj7Gwb6PRuHOS3HC+45exxT58A==`,
    serverFinal: 'v=5AwW78p+EVPirB3A5lrHcvrN8pVKRlR3opLuRoxXrN9ubKokkPzVPzWNNNuBbrtZrv5mpfKZ7+QCDSZWeZQEqw==',
  },
  {
    says: 'a name with commas and equal signs, letters beyond ASCII, more iterations',
    identity: { hash: 'sha256' as const, username: 'n=,ä', password: 'pass,=ª', nonce: 'abc' },
    first: 'n,,n=n=3D=2Cä,r=abc',
    serverFirst: 'r=abcdef,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=8192',
    final: 'c=biws,r=abcdef,p=+crYlq0QHPVUXulMO1ofEPEwtwH9BJ7KffnWludtO5k=',
    serverFinal: 'v=8TP8wHKq1ASVNMWNuDLA9Z/4wLjb5KibkgUvvToLqbE=',
  },
]

test.each(vectors)('speaks $says', async ({ identity: who, first, serverFirst, final, serverFinal }) => {
  const exchange = scramExchange(who)
  expect(exchange.first.toString()).toBe(first)
  expect(await say(exchange, serverFirst)).toBe(final)
  expect(await exchange.answer(Buffer.from(serverFinal))).toBeNull()
})

describe("the broker's first word is refused when it is", () => {
  test.each([
    { says: 'an error', text: 'e=unknown-user', problem: 'unknown-user' },
    { says: 'no SCRAM', text: 'hello', problem: 'something else' },
    {
      says: 'an extension that must be understood',
      text: `m=x,r=${serverNonce},s=AAAA,i=4096`,
      problem: 'something else',
    },
    { says: 'without salt', text: `r=${serverNonce},s=,i=4096`, problem: 'something else' },
    { says: 'salted by no base64', text: `r=${serverNonce},s=A,i=4096`, problem: 'something else' },
    { says: 'of another exchange', text: 'r=other,s=AAAA,i=4096', problem: 'does not belong' },
    { says: 'our own nonce', text: `r=${nonce},s=AAAA,i=4096`, problem: 'does not belong' },
    { says: 'too easy to guess', text: `r=${serverNonce},s=AAAA,i=4095`, problem: '4095 iterations' },
    { says: 'too much work', text: `r=${serverNonce},s=AAAA,i=1000001`, problem: '1000001 iterations' },
    { says: 'endless work', text: `r=${serverNonce},s=AAAA,i=99999999999`, problem: 'something else' },
  ])('$says', async ({ text, problem }) => {
    await expect(say(scramExchange(identity), text)).rejects.toThrow(problem)
  })
})

describe("the broker's last word", () => {
  const upToProof = async (): Promise<SaslExchange> => {
    const exchange = scramExchange(identity)
    await say(exchange, vectors[0]?.serverFirst ?? '')
    return exchange
  }
  test.each([
    { says: 'that is refused', text: 'e=invalid-proof', problem: 'invalid-proof' },
    { says: 'without proof', text: '', problem: 'did not prove' },
    { says: 'with a proof too short', text: 'v=6rri', problem: 'did not prove' },
    {
      says: 'with the proof of another',
      text: `v=${Buffer.alloc(32, 7).toString('base64')}`,
      problem: 'did not prove',
    },
  ])('$says ends the exchange', async ({ text, problem }) => {
    await expect(say(await upToProof(), text)).rejects.toThrow(problem)
  })

  test('is the last', async () => {
    const exchange = await upToProof()
    await say(exchange, vectors[0]?.serverFinal ?? '')
    await expect(say(exchange, vectors[0]?.serverFinal ?? '')).rejects.toThrow('after the end')
  })
})

test('whatever a broker says, it is a problem without the password', async () => {
  const anything = fc.oneof(
    fc.string(),
    fc.string().map((text) => `r=${serverNonce},s=${text},i=4096`),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const exchange = scramExchange({ ...identity, password: 'hunter2-hunter2' })
      const outcome = await say(exchange, text).catch((error: unknown) => error)
      expect(String(outcome)).not.toContain('hunter2')
    }),
    { seed: 20_261_121, numRuns: 200 },
  )
})

test.each([{ username: '' }, { password: '' }])('nothing is said without %o', (change) => {
  expect(() => scramExchange({ ...identity, ...change })).toThrow('empty')
})
