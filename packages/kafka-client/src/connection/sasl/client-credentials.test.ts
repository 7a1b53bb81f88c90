/** Tokens for client credentials, against an endpoint on this machine. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type ClientCredentials, clientCredentials } from './client-credentials.ts'

interface Asked {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Answers the nth request by what `answer` says of n. */
const startEndpoint = async (
  answer: (count: number) => { status?: number; body: string; location?: string },
) => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      asked.push({ headers: request.headers, body })
      const told = answer(asked.length)
      const headers = told.location === undefined ? {} : { location: told.location }
      response.writeHead(told.status ?? 200, headers).end(told.body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const at = server.address()
  const url = `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}/token`
  const from: ClientCredentials = { url, clientId: 'sluice:1', clientSecret: 'wonder land' }
  return { asked, from }
}

const within = (): AbortSignal => AbortSignal.timeout(10_000)

test('the client is named by form-encoded basic credentials, the scope in the body', async () => {
  const { asked, from } = await startEndpoint(() => ({ body: '{"access_token":"t1"}' }))
  expect(await clientCredentials({ ...from, scope: 'kafka all' })(within())).toBe('t1')
  expect(asked[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from('sluice%3A1:wonder%20land').toString('base64')}`,
  )
  expect(asked[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
  expect(asked[0]?.body).toBe('grant_type=client_credentials&scope=kafka+all')
})

test('many who ask together share one token; one that does not last is asked for again', async () => {
  const { asked, from } = await startEndpoint((count) => ({
    body: JSON.stringify({ access_token: `t${count}`, ...(count === 1 ? {} : { expires_in: 3_600 }) }),
  }))
  const token = clientCredentials(from)
  expect(await Promise.all([token(within()), token(within())])).toEqual(['t1', 't1'])
  expect(await token(within())).toBe('t2')
  expect(await token(within())).toBe('t2')
  expect(asked).toHaveLength(2)
})

test.each([
  {
    says: 'a refusal',
    answer: { status: 401, body: '{"error":"invalid_client"}' },
    words: '401 invalid_client',
  },
  { says: 'no JSON', answer: { body: '<html>' }, words: 'holds no token' },
  { says: 'no token', answer: { body: '{}' }, words: 'holds no token' },
  { says: 'too much', answer: { body: ' '.repeat(300_000) }, words: 'too much' },
  {
    says: 'another address, which is not followed',
    answer: { status: 307, body: '', location: 'http://127.0.0.1:1/' },
    words: 'does not answer',
  },
])('an endpoint that answers $says gives no token now, and is asked again', async ({ answer, words }) => {
  const { asked, from } = await startEndpoint((count) =>
    count === 1 ? answer : { body: '{"access_token":"t"}' },
  )
  const token = clientCredentials(from)
  const outcome = token(within())
  await expect(outcome).rejects.toMatchObject({
    code: 'CREDENTIALS_MISSING',
    advice: 'retry',
    message: expect.stringContaining(words),
  })
  await expect(outcome).rejects.not.toThrow('wonder')
  expect(await token(within())).toBe('t')
  expect(asked).toHaveLength(2)
})

test('whoever waits no longer is let go', async () => {
  const { from } = await startEndpoint(() => ({ body: '{"access_token":"t"}' }))
  await expect(clientCredentials(from)(AbortSignal.abort())).rejects.toMatchObject({
    code: 'CREDENTIALS_MISSING',
  })
})

test('what is no address is a wrong option', () => {
  expect(() => clientCredentials({ url: 'login', clientId: 'a', clientSecret: 'b' })).toThrow('no address')
})
