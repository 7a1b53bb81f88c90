/**
 * The HTTP server: what every call meets (names, origin, key, limits, headers), and the resources of the contract.
 *
 * It listens on loopback unless told otherwise, and closes by draining: no new call is taken, followed streams
 * end, what is being answered is answered.
 */
import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Answers } from '../contract/answers.ts'
import { healthResource } from '../contract/health.ts'
import { contract } from '../contract/index.ts'
import { openApiOf } from '../contract/openapi.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import type { Logger } from '../kernel/logger.ts'
import { configAnswers } from './answers/config.ts'
import { connectionsAnswers } from './answers/connections.ts'
import { deadLettersAnswers } from './answers/dead-letters.ts'
import { groupsAnswers } from './answers/groups.ts'
import { type HealthParts, healthAnswers, healthOf } from './answers/health.ts'
import { ingestAnswers } from './answers/ingest.ts'
import { ledgerAnswers } from './answers/ledger.ts'
import { logsAnswers } from './answers/logs.ts'
import { messagesAnswers } from './answers/messages.ts'
import { metricsAnswers } from './answers/metrics.ts'
import { overviewAnswers } from './answers/overview.ts'
import { pipelinesAnswers } from './answers/pipelines.ts'
import { seriesAnswers } from './answers/series.ts'
import { type Environment, sessionAnswers } from './answers/session.ts'
import { topicsAnswers } from './answers/topics.ts'
import { createAttempts } from './attempts.ts'
import { createBodyBytes } from './body-bytes.ts'
import type { BuiltPage } from './built-page.ts'
import { type Callers, createCallers } from './callers.ts'
import { answerClientError } from './client-errors.ts'
import { errorAnswer } from './error-body.ts'
import { type ListenAddress, listenFault, type NamesAllowed, requestFault } from './guard.ts'
import { homePage, homePagePolicy } from './home-page.ts'
import type { KafkaView } from './kafka-view/kafka-view.ts'
import { isLiveUpgrade, mountLive } from './live/server.ts'
import { type ScanBudget, scanBudget } from './message-scan.ts'
import { methodsOf } from './methods.ts'
import { type MountContext, type MountedResource, mount, resourceWith } from './mount.adapter.ts'
import { answerPage, type PageParts } from './page.ts'
import type {
  AuditLog,
  ConfigurationFile,
  Connections,
  DeadLetters,
  Kafka,
  LogBook,
  LogTail,
  Pipelines,
  Receivers,
  RoundTrip,
  Series,
} from './ports.ts'
import type { Authenticate } from './principals.ts'
import { parseRequestBody } from './request-body.ts'
import { createRequestTimes } from './request-times.ts'
import { createRoundTrips } from './round-trips.ts'
import type { Sessions } from './sessions.ts'

export interface ServerParts {
  readonly version: string
  readonly clock: Clock
  readonly logger: Logger
  readonly authenticate: Authenticate
  readonly sessions: Sessions
  /** What somebody who is not signed in may do. */
  readonly anonymous: 'none' | 'read'
  readonly environment: Environment
  /** Where the admin key lies: told to whoever lacks one. */
  readonly keyFile: string
  readonly names: NamesAllowed
  readonly kafka: Kafka
  /** Topics and groups as all who look at them share it. */
  readonly kafkaView: KafkaView
  readonly pipelines: Pipelines
  readonly series: Series
  readonly deadLetters: DeadLetters
  readonly receivers: Receivers
  readonly logs: LogBook
  readonly logTail: LogTail
  readonly configurationFile: ConfigurationFile
  readonly connections: Connections
  readonly audit: AuditLog
  /** Asked by `/health`, `/ready` and `/metrics`; named `kafka`, `database`, `sqs`. */
  readonly roundTrips: readonly RoundTrip[]
  readonly sensors: Answers<(typeof contract)['sensors']>
  /** The dashboard; null where browsers get the plain front page. */
  readonly page: BuiltPage | null
  /** Bytes of bodies received and not yet answered; smaller for tests. */
  readonly bodiesInFlightBytesMax?: number
  /** What one search of messages may go through; smaller for tests. */
  readonly searchBudget?: ScanBudget
  /** Checks every answer against the contract: for tests. */
  readonly checkAnswers?: boolean
}

export interface ApiServer extends AsyncDisposable {
  /** For tests that need no socket. */
  readonly inject: FastifyInstance['inject']
  /**
   * Listens; resolves to the address, with the port that was got for port 0.
   * @throws fault LISTEN_REFUSED, PORT_TAKEN
   */
  listen(address: ListenAddress, allowRemote: boolean): Promise<string>
  /** Takes no new call, answers what is under way within `drainMs`, then cuts what is left. */
  close(drainMs?: number): Promise<void>
}

const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
  'content-security-policy': strictPolicy,
}

const requestIdPattern = /^[\w.-]{1,64}$/

/** Answers with what went wrong, in the one shape that all errors have. */
const sendError = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply => {
  const { bodyLimit, config } = request.routeOptions
  const told = errorAnswer(error, {
    requestId: request.id,
    bodyBytesMax: bodyLimit ?? limits.requestBodyBytesMax,
    contentType: request.headers['content-type'],
    takes: config?.takes ?? 'application/json',
  })
  if (told.unclassified !== undefined) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
    const { id, method, url } = request
    logger.error('a call failed', { request: id, method, url, problem })
  }
  if (told.fault.code === 'TOO_BUSY') {
    reply.header('retry-after', String(told.fault.facts['retryAfterSeconds'] ?? 1))
  }
  // Who is cut off while sending never reads why: so much is read and thrown away.
  const declaredBytes = Number(request.headers['content-length'] ?? Number.NaN)
  if (told.fault.code === 'BODY_TOO_LARGE' && declaredBytes <= limits.discardedBodyBytesMax) {
    reply.removeHeader('connection')
  }
  if (told.fault.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
  return reply.headers(securityHeaders).header('x-request-id', request.id).code(told.status).send(told.body)
}

const newFastify = (logger: Logger): FastifyInstance =>
  Fastify({
    logger: false,
    bodyLimit: limits.requestBodyBytesMax,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: false,
    // A request without a name is answered like one with a wrong name.
    // An address may carry a filter of the longest kind, with every character escaped.
    http: { requireHostHeader: false, maxHeaderSize: 160 * 1024, shouldUpgradeCallback: isLiveUpgrade },
    clientErrorHandler: answerClientError,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 1_000 },
    // What the router refuses before any hook runs, such as a path that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply, logger)
    },
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
    },
  })

/** What every request meets before its entry is looked at. */
const addGuards = (
  server: FastifyInstance,
  parts: ServerParts,
  closing: AbortSignal,
  page: PageParts,
): void => {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders).header('x-request-id', request.id)
    const { host, origin } = request.headers
    const refused = requestFault({ host, origin }, parts.names)
    if (refused !== null) throw refused
    if (closing.aborted) {
      reply.header('connection', 'close')
      if (request.url.split('?')[0] !== '/ready') throw fault('SHUTTING_DOWN', {})
    }
    if (closing.aborted) return
    return (await answerPage(request, reply, page)) ?? undefined
  })
  const bodies = createBodyBytes(parts.bodiesInFlightBytesMax ?? limits.bodiesInFlightBytesMax)
  server.addHook('preParsing', async (request, reply, payload) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if (length === undefined && encoding === undefined) return payload
    // Refused by its length before it is read: what comes is nobody's.
    if (Number(length) > (request.routeOptions.bodyLimit ?? limits.requestBodyBytesMax)) return payload
    bodies.admit(length)
    const { stream, release } = bodies.counted(payload)
    reply.raw.once('close', release)
    return stream
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseRequestBody(Buffer.from(body)))
    } catch (error) {
      done(error instanceof Error ? error : new Error(messageOf(error)), undefined)
    }
  })
}

const addErrors = (
  server: FastifyInstance,
  parts: ServerParts,
  resources: readonly MountedResource[],
): void => {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendError(error, request, reply, parts.logger)
  server.setErrorHandler(answer)
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    const allowed = methodsOf(
      path,
      resources.map(({ resource }) => resource),
    )
    if (allowed.length === 0)
      return answer(fault('ROUTE_UNKNOWN', { method: request.method, path }), request, reply)
    reply.header('allow', allowed.join(', '))
    const facts = { method: request.method, path, allowed: allowed.join(' or ') }
    return answer(fault('METHOD_NOT_ALLOWED', facts), request, reply)
  })
}

const resourcesOf = (
  parts: ServerParts,
  healthParts: Omit<HealthParts, 'openApi'>,
  requestTimes: ReturnType<typeof createRequestTimes>,
  callers: Callers,
): readonly MountedResource[] => {
  const { clock, kafka, kafkaView, pipelines, version } = parts
  let document: Record<string, unknown> | undefined
  const openApi = (): Record<string, unknown> => (document ??= openApiOf(Object.values(contract), version))
  return [
    resourceWith(healthResource, healthAnswers({ ...healthParts, openApi })),
    resourceWith(contract.session, sessionAnswers({ ...parts, callers })),
    resourceWith(contract.overview, overviewAnswers(pipelines, clock)),
    resourceWith(contract.sensors, parts.sensors),
    resourceWith(contract.pipelines, pipelinesAnswers(pipelines, clock)),
    resourceWith(contract.deadLetters, deadLettersAnswers(parts.deadLetters, clock)),
    resourceWith(contract.topics, topicsAnswers(kafka, kafkaView, pipelines, clock)),
    resourceWith(contract.groups, groupsAnswers(kafka, kafkaView, pipelines, clock)),
    resourceWith(
      contract.messages,
      messagesAnswers({ kafka, clock, budget: parts.searchBudget ?? scanBudget }),
    ),
    resourceWith(contract.ingest, ingestAnswers(parts.receivers)),
    resourceWith(contract.series, seriesAnswers(parts.series, clock)),
    resourceWith(contract.ledger, ledgerAnswers(pipelines, clock)),
    resourceWith(contract.metrics, metricsAnswers({ ...healthParts, requestTimes })),
    resourceWith(contract.logs, logsAnswers(parts.logs, clock)),
    resourceWith(contract.config, configAnswers(parts.configurationFile, clock)),
    resourceWith(contract.connections, connectionsAnswers(parts.connections, clock)),
  ]
}

/** What browsers get that ask for a page. */
const pageParts = (
  { clock, keyFile, page, version }: ServerParts,
  resources: readonly MountedResource[],
  health: ReturnType<typeof healthOf>,
  closing: AbortSignal,
): PageParts => {
  const mounted = resources.map(({ resource }) => resource)
  return {
    page,
    clock,
    closing,
    isApiPath: (path) => methodsOf(path, mounted).length > 0,
    fallback: async ({ headers: { host } }) => ({
      html: homePage({ version, keyFile, host: host ?? 'localhost', health: await health() }),
      policy: homePagePolicy,
    }),
  }
}

const isAddressInUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

/** Makes a server that answers the whole contract. It does not listen yet. */
export const createServer = async (parts: ServerParts): Promise<ApiServer> => {
  const server = newFastify(parts.logger)
  const closing = new AbortController()
  const requestTimes = createRequestTimes()
  const { clock, pipelines, version } = parts
  const roundTrips = createRoundTrips(parts.roundTrips, clock)
  const healthParts = {
    version,
    startedAtMs: clock.now(),
    clock,
    roundTrips,
    pipelines,
    closing: closing.signal,
  }
  const callers = createCallers(parts)
  const resources = resourcesOf(parts, healthParts, requestTimes, callers)
  const page = pageParts(parts, resources, healthOf(healthParts), closing.signal)
  addGuards(server, parts, closing.signal, page)
  addErrors(server, parts, resources)
  const context: MountContext = {
    ...parts,
    callers,
    attempts: createAttempts(clock),
    closing: closing.signal,
    openLines: { count: 0 },
    checkAnswers: parts.checkAnswers ?? false,
  }
  for (const resource of resources) mount(server, resource, context)
  mountLive(server, {
    ...context,
    kafka: parts.kafka,
    logTail: parts.logTail,
    resources,
    version,
  })
  server.addHook('onResponse', async (request, reply) => {
    const { id } = request.routeOptions.config
    const seconds = reply.elapsedTime / 1000
    requestTimes.observe(id ?? 'none', reply.statusCode, seconds)
    parts.logger.debug('answered', { request: request.id, endpoint: id, status: reply.statusCode, seconds })
  })
  await server.ready()
  const close = async (drainMs = 10_000): Promise<void> => {
    closing.abort()
    const cut = setTimeout(() => server.server.closeAllConnections(), drainMs)
    server.server.closeIdleConnections()
    await server.close()
    clearTimeout(cut)
  }
  return {
    inject: server.inject.bind(server),
    listen: async (address, allowRemote) => {
      const refused = listenFault(address, allowRemote)
      if (refused !== null) throw refused
      try {
        return await server.listen(address)
      } catch (error) {
        if (!isAddressInUse(error)) throw error
        const taken = `${address.host}:${address.port}`
        throw fault('PORT_TAKEN', { address: taken, what: 'the API', setting: '--http (SLUICE_HTTP)' }, error)
      }
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Id of the entry that is answered. */
    id?: string
    /** Media types that its body may have. */
    takes?: string
  }
}
