/**
 * SCRAM (RFC 5802, RFC 7677): the password never leaves this machine, and the broker has to prove that it knows it too.
 *
 * - The broker's number of iterations has bounds: too few would give the password away to whoever guesses, too many would
 *   keep this machine busy.
 * - Neither name nor password is prepared (SASLprep): Kafka hashes the bytes it was given, and so does every client of it.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type SaslExchange, SaslProblem } from './mechanism.ts'

const derive = promisify(pbkdf2)

export const scramIterations = { least: 4_096, most: 1_000_000 } as const

/** No channel binding, and nobody else's name. */
const header = 'n,,'
const headerEncoded = Buffer.from(header).toString('base64')

export interface ScramIdentity {
  readonly hash: 'sha256' | 'sha512'
  readonly username: string
  readonly password: string
  /** Printable, without commas, never used before. */
  readonly nonce: string
}

interface ServerFirst {
  readonly nonce: string
  readonly salt: Buffer
  readonly iterations: number
}

const hashSizeBytes = { sha256: 32, sha512: 64 } as const

const escaped = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @throws SaslProblem */
const parseServerFirst = (text: string, clientNonce: string): ServerFirst => {
  const refused = /^e=([\w-]{1,60})/.exec(text)?.[1]
  if (refused !== undefined) throw new SaslProblem(refused)
  const [, nonce, salt, iterations] =
    /^r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=(\d{1,10})(?:,|$)/.exec(text) ?? []
  if (nonce === undefined || salt === undefined || !canonicalBase64.test(salt)) {
    throw new SaslProblem('the broker began SCRAM with something else')
  }
  // A nonce that does not go on from ours belongs to another exchange, which somebody plays back.
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw new SaslProblem("the broker's nonce does not belong to this exchange")
  }
  const count = Number(iterations)
  if (count < scramIterations.least || count > scramIterations.most) {
    throw new SaslProblem(
      `the broker asks for ${count} iterations; ${scramIterations.least} to ${scramIterations.most} are allowed`,
    )
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations: count }
}

/** The broker's last word: its proof that it knows the password. @throws SaslProblem */
const checkServerFinal = (text: string, expected: Buffer): void => {
  const refused = /^e=([\w-]{1,60})/.exec(text)?.[1]
  if (refused !== undefined) throw new SaslProblem(refused)
  const signature = Buffer.from(/^v=([^,]+)/.exec(text)?.[1] ?? '', 'base64')
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new SaslProblem('the broker did not prove that it knows the password: it may be another one')
  }
}

/** One exchange: two messages each way. @throws SaslProblem where name or password are empty */
export const scramExchange = ({ hash, username, password, nonce }: ScramIdentity): SaslExchange => {
  if (username === '' || password === '') throw new SaslProblem('the name or the password is empty')
  const firstBare = `n=${escaped(username)},r=${nonce}`
  const keyed = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
  let serverSignature: Buffer | null = null
  let isOver = false

  const prove = async (text: string): Promise<Buffer> => {
    const server = parseServerFirst(text, nonce)
    const salted = await derive(password, server.salt, server.iterations, hashSizeBytes[hash], hash)
    const finalBare = `c=${headerEncoded},r=${server.nonce}`
    const all = `${firstBare},${text},${finalBare}`
    const clientKey = keyed(salted, 'Client Key')
    const clientSignature = keyed(createHash(hash).update(clientKey).digest(), all)
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0))
    serverSignature = keyed(keyed(salted, 'Server Key'), all)
    return Buffer.from(`${finalBare},p=${Buffer.from(proof).toString('base64')}`)
  }

  return {
    first: Buffer.from(`${header}${firstBare}`),
    secrets: [password],
    answer: async (fromBroker) => {
      if (isOver) throw new SaslProblem('the broker goes on after the end of the exchange')
      const text = fromBroker.toString()
      if (serverSignature === null) return await prove(text)
      checkServerFinal(text, serverSignature)
      isOver = true
      return null
    },
  }
}
