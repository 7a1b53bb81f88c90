/**
 * Tokens from an authorization server, by the client credentials grant (RFC 6749 section 4.4).
 *
 * - One request for many connections that open together; a token is kept for half its life and half a minute at most, so
 *   that who signs in again gets one that lasts.
 * - Redirects are not followed: the secret goes to the address it was meant for, and nowhere else.
 */
import { KafkaError } from '../../errors/kafka-error.ts'
import type { SecretSource } from './options.ts'

export interface ClientCredentials {
  /** The token endpoint. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
}

interface Kept {
  readonly token: string
  readonly until: number
}

const keptMsMax = 30_000
const answerBytesMax = 256 * 1024

const failed = (url: string, problem: string, cause?: unknown): KafkaError =>
  new KafkaError('CREDENTIALS_MISSING', new URL(url).origin, problem, cause)

/** Section 2.3.1: both are form-encoded before they are put together. */
const authorization = ({ clientId, clientSecret }: ClientCredentials): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** The text of an answer, within its bound. */
const boundedText = async (url: string, body: AsyncIterable<Uint8Array> | null): Promise<string> => {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > answerBytesMax) throw failed(url, 'the token endpoint answers too much')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const ask = async (from: ClientCredentials, signal: AbortSignal): Promise<Kept> => {
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  if (from.scope !== undefined) body.set('scope', from.scope)
  const askedAt = performance.now()
  const response = await fetch(from.url, {
    method: 'POST',
    headers: { authorization: authorization(from), accept: 'application/json' },
    body,
    redirect: 'error',
    signal,
  }).catch((error: unknown) => {
    throw failed(from.url, 'the token endpoint does not answer', error)
  })
  const answer = parsed(await boundedText(from.url, response.body))
  if (!response.ok) {
    const error = typeof answer['error'] === 'string' ? answer['error'].slice(0, 100) : ''
    throw failed(from.url, `the token endpoint answers ${response.status} ${error}`.trim())
  }
  const { access_token: token, expires_in: lifeSeconds } = answer
  if (typeof token !== 'string') throw failed(from.url, 'the answer of the token endpoint holds no token')
  const keptMs = typeof lifeSeconds === 'number' ? Math.min(keptMsMax, (lifeSeconds * 1_000) / 2) : 0
  return { token, until: askedAt + keptMs }
}

/**
 * A token source for OAUTHBEARER; it throws KafkaError CREDENTIALS_MISSING when it is asked and there is no token.
 * @throws KafkaError OPTION_INVALID for an address that is none
 */
export const clientCredentials = (from: ClientCredentials): SecretSource<string> => {
  if (!URL.canParse(from.url)) throw new KafkaError('OPTION_INVALID', 'url', 'it is no address')
  let last: { readonly answer: Promise<Kept>; until: number } | null = null
  return async (signal) => {
    if (last === null || performance.now() >= last.until) {
      const mine = { answer: ask(from, signal), until: Infinity }
      last = mine
      mine.answer.then(
        ({ until }) => {
          mine.until = until
        },
        () => {
          mine.until = -Infinity
        },
      )
    }
    return (await last.answer).token
  }
}
