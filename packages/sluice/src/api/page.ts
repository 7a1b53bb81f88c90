/**
 * Serves the dashboard to browsers: its document at `/` and at every path that is not the API's, its assets by name.
 *
 * Whoever does not ask for a page (curl, the command line, scripts) never meets it: paths of the contract answer as
 * they always do, and unknown ones with the error body.
 */
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import { type BuiltPage, pagePolicy } from './built-page.ts'

/** Below these nothing is the dashboard's, even where the contract has no such path. */
const notPages = ['/api/', '/data/', '/assets/']

export interface PageParts {
  readonly page: BuiltPage | null
  readonly clock: Clock
  /** Aborted when the server is about to stop. */
  readonly closing: AbortSignal
  /** Whether an entry of the contract has this path. */
  readonly isApiPath: (path: string) => boolean
  /** The page of a server that has no dashboard. */
  readonly fallback: (request: FastifyRequest) => Promise<{ html: string; policy: string }>
}

const isPagePath = (path: string, parts: PageParts): boolean =>
  path === '/' || !(notPages.some((prefix) => path.startsWith(prefix)) || parts.isApiPath(path))

const sendDocument = (page: BuiltPage, reply: FastifyReply): FastifyReply | null => {
  const nonce = randomBytes(18).toString('base64')
  const document = page.document(nonce)
  if (document === null) return null
  return reply
    .header('content-security-policy', pagePolicy(nonce))
    .header('vary', 'accept')
    .type('text/html; charset=utf-8')
    .send(document)
}

const lookEveryMs = 250
const looksMax = 240
// A build that is done is noticed a second later at the latest.
const looksAfterMax = 8

/**
 * The document as soon as a build that is under way is done; null where none is, or it takes too long. Who opens the
 * sign-in link of a first start may be sooner than the build, and its token would not survive another way: browsers do
 * not load an address with a fragment again because a header says so.
 */
const awaitDocument = async (
  { page, clock, closing }: PageParts,
  reply: FastifyReply,
): Promise<FastifyReply | null> => {
  if (page === null || !page.isComing()) return null
  let looksAfter = 0
  for (let looks = 0; looks < looksMax && looksAfter < looksAfterMax; looks++) {
    await clock.sleep(lookEveryMs, closing)
    if (closing.aborted || reply.raw.destroyed) return null
    const sent = sendDocument(page, reply)
    if (sent !== null) return sent
    if (!page.isComing()) looksAfter++
  }
  return null
}

/** Answers a browser that asks for a page or one of its files; null when it asks for something else. */
export const answerPage = async (
  request: FastifyRequest,
  reply: FastifyReply,
  parts: PageParts,
): Promise<FastifyReply | null> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null
  const { page } = parts
  const path = request.url.split('?')[0] ?? '/'
  const { accept = '', 'accept-encoding': encodings = '', 'if-none-match': known } = request.headers
  const asset = page?.asset(path, String(encodings)) ?? null
  if (asset !== null) {
    reply
      .header('cache-control', asset.cacheControl)
      .header('etag', asset.etag)
      .header('vary', 'accept-encoding')
    if (known === asset.etag) return reply.code(304).send()
    if (asset.encoding !== null) reply.header('content-encoding', asset.encoding)
    return reply.type(asset.type).send(asset.body)
  }
  if (!accept.includes('text/html') || !isPagePath(path, parts)) return null
  const sent = page === null ? null : sendDocument(page, reply)
  if (sent !== null) return sent
  if (path !== '/') return await awaitDocument(parts, reply)
  const { html, policy } = await parts.fallback(request)
  // The dashboard of a fresh clone is being built right now: the browser looks again by itself.
  if (page?.isComing() === true) reply.header('refresh', '2')
  return reply
    .header('content-security-policy', policy)
    .header('vary', 'accept')
    .type('text/html; charset=utf-8')
    .send(html)
}
