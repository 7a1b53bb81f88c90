/**
 * The live feed of a server: upgrades calls of `GET /api/live` to WebSockets and keeps their connections going.
 *
 * An upgrade goes through the server's router like any call, so that names, origin, key and limits are checked by the
 * same hooks, and a refusal is answered in the same shape.
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Principal } from '../../contract/answers.ts'
import { livePath } from '../../contract/live.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import type { Logger } from '../../kernel/logger.ts'
import type { Callers } from '../callers.ts'
import { type ChannelParts, channelsOf } from './channels.ts'
import { Connections } from './connections.ts'
import { Feeds } from './feeds.ts'

export interface LiveParts extends ChannelParts {
  readonly version: string
  readonly keyFile: string
  readonly logger: Logger
  readonly callers: Pick<Callers, 'ofSocket'>
  /** Aborted when the server is about to stop: then connections are told to come again. */
  readonly closing: AbortSignal
}

/** For Node's server: which calls with an `Upgrade` header are not answered the ordinary way. */
export const isLiveUpgrade = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && request.url?.split('?')[0] === livePath

const { live } = limits

interface Upgrades {
  readonly isAsked: (request: IncomingMessage) => boolean
  readonly accept: (request: IncomingMessage, opened: (webSocket: WebSocket) => void) => void
}

/** Sends calls that ask for an upgrade through the router of the server; whoever answers them may accept it. */
const takeUpgrades = (server: FastifyInstance): Upgrades => {
  const waiting = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>()
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: live.messageBytesMax,
    handleProtocols: () => false,
  })
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    waiting.set(request, { socket, head })
    // Node lets go of the socket here: without a listener, a client that resets it would end the process.
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(request.socket)
    // A refused client that never closes its half would keep the socket for ever.
    response.once('finish', () => socket.end(() => socket.destroy()))
    server.routing(request, response)
  })
  return {
    isAsked: (request) => waiting.has(request),
    accept: (request, opened) => {
      const asked = waiting.get(request)
      if (asked !== undefined) webSockets.handleUpgrade(request, asked.socket, asked.head, opened)
    },
  }
}

/** Mounts the live feed on a server, which must ask `isLiveUpgrade` which calls to upgrade. */
export const mountLive = (server: FastifyInstance, parts: LiveParts): void => {
  const { callers, closing, keyFile } = parts
  const feeds = new Feeds(parts.clock, live.feedsMax)
  closing.addEventListener('abort', () => feeds.close(), { once: true })
  const connections = new Connections({ ...parts, channels: channelsOf(parts), feeds }, closing)
  const upgrade = takeUpgrades(server)
  const principals = new WeakMap<FastifyRequest, Principal>()
  server.route({
    method: 'GET',
    url: livePath,
    exposeHeadRoute: false,
    config: { id: 'live.connect' },
    onRequest: async (request) => {
      const principal = await callers.ofSocket(request)
      if (principal.permissions !== 'all' && principal.permissions.size === 0) {
        throw fault('UNAUTHENTICATED', { keyFile })
      }
      principals.set(request, principal)
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const principal = principals.get(request)
      if (principal === undefined || !upgrade.isAsked(request.raw)) {
        reply.header('upgrade', 'websocket')
        throw fault('UPGRADE_REQUIRED', { path: livePath })
      }
      if (connections.count >= live.connectionsMax) {
        const limit = `${live.connectionsMax} connections`
        throw fault('TOO_BUSY', { what: 'The live feed', limit, retryAfterSeconds: 10 })
      }
      reply.hijack()
      reply.raw.detachSocket(request.raw.socket)
      const { headers } = request
      const whoIsIt = (): Promise<Principal> => callers.ofSocket({ headers })
      upgrade.accept(request.raw, (webSocket) => connections.add(webSocket, { principal, whoIsIt }))
    },
  })
}
