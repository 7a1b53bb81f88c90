/** Writes documents to a client, one a line, as fast as the client takes them and no faster. */
import { once } from 'node:events'
import type { FastifyReply } from 'fastify'
import { fault, messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'

export interface LinesOptions {
  /** How many clients are followed now, over the whole server. */
  readonly open: { count: number }
  readonly most: number
  readonly logger: Logger
  readonly check: (line: unknown) => void
}

/**
 * Writes until the lines end or the client hangs up. A failure in the middle cuts the connection, so that the
 * client cannot take what it got for the whole.
 * @throws fault TOO_BUSY before anything is written
 */
export const sendLines = async (
  reply: FastifyReply,
  lines: AsyncIterable<unknown>,
  options: LinesOptions,
): Promise<void> => {
  const { open, most } = options
  if (open.count >= most) {
    throw fault('TOO_BUSY', { what: 'Following messages', limit: `${most} clients`, retryAfterSeconds: 10 })
  }
  const { raw } = reply
  open.count++
  reply.hijack()
  const gone = new Promise<void>((resolve) => {
    raw.once('close', resolve)
  })
  try {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value)
    }
    raw.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    raw.flushHeaders()
    for await (const line of lines) {
      if (raw.destroyed) break
      options.check(line)
      if (!raw.write(`${JSON.stringify(line)}\n`)) await Promise.race([once(raw, 'drain'), gone])
    }
    raw.end()
  } catch (error) {
    options.logger.warn('following ended with a failure', { problem: messageOf(error) })
    raw.destroy()
  } finally {
    open.count--
  }
}
