/** What the server says over the live socket, as text or bytes. Decides only. */
import type { ServerMessage } from '../../contract/live.ts'
import type { Fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import type { FeedUpdate } from './feed.ts'

const textOf = (message: ServerMessage): string => JSON.stringify(message)

const isoOf = (ms: number): string => new Date(ms).toISOString()

const { live } = limits

export const welcomeFrame = (version: string, nowMs: number): string =>
  textOf({
    type: 'welcome',
    version,
    at: isoOf(nowMs),
    limits: {
      subscriptions: live.subscriptionsMax,
      rows_per_update: live.rowsPerUpdateMax,
      preview_bytes: live.previewBytesMax,
      message_bytes: live.messageBytesMax,
      update_ms: live.updateMs,
      alive_ms: live.aliveMs,
    },
  })

export const subscribedFrame = (id: string, seq: number, resumed: boolean): string =>
  textOf({ type: 'subscribed', id, seq, resumed })

export const errorFrame = (id: string | null, fault: Fault, ended: boolean): string =>
  textOf({ type: 'error', id, code: fault.code, error: fault.message, fix: fault.fix, ended })

export const aliveFrame = (nowMs: number): string => textOf({ type: 'alive', at: isoOf(nowMs) })

const closing = Buffer.from('}')

/** An update around data that was made into bytes once for all who get it. */
export const updateFrame = (id: string, { seq, atMs, dropped, body }: FeedUpdate): Buffer => {
  const head = `{"type":"update","id":${JSON.stringify(id)},"seq":${seq},"at":"${isoOf(atMs)}","dropped":${dropped},"data":`
  return Buffer.concat([Buffer.from(head), body, closing])
}
