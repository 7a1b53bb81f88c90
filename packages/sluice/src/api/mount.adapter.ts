/**
 * Mounts a resource of the contract on Fastify: the way of every call, in order.
 *
 * authenticate → authorize → check → answer → audit. The one file where the types of an entry and of its answer
 * are brought together by a cast: `Answers` has made sure that they belong together.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import { type Answers, type Call, type Principal, WithStatus } from '../contract/answers.ts'
import { type Endpoint, isRawBody, type Resource } from '../contract/endpoint.ts'
import type { AuditAction } from '../contract/permissions.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault, isFault, messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Attempts } from './attempts.ts'
import { authorize, type Subject, subjectText } from './authorize.ts'
import type { Callers } from './callers.ts'
import { bodyCheck, RequestProblems, textCheck } from './checks.ts'
import { fieldsOf } from './plain.ts'
import type { AuditEntry, AuditLog } from './ports.ts'
import { sendLines } from './send-lines.ts'

export interface MountContext {
  readonly callers: Callers
  readonly attempts: Attempts
  readonly keyFile: string
  readonly audit: AuditLog
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted when the server is about to stop. */
  readonly closing: AbortSignal
  readonly openLines: { count: number }
  /** Checks answers against the contract as well: on in tests. */
  readonly checkAnswers: boolean
}

type AnyHandler = (call: Call<Endpoint>) => Promise<unknown>

/** A resource with its answers; made by `resourceWith`, which keeps the two together. */
export interface MountedResource {
  readonly resource: Resource
  readonly handlers: Readonly<Record<string, AnyHandler>>
}

/** Brings a resource and its answers together; the compiler checks that each entry has its own. */
export const resourceWith = <Of extends Resource>(resource: Of, answers: Answers<Of>): MountedResource => ({
  resource,
  // `Answers` gave each handler the type of its entry
  handlers: answers as unknown as Readonly<Record<string, AnyHandler>>,
})

/** What the answer of an entry needs to know of a call that is made from within. */
export type InnerCall = Pick<Call<Endpoint>, 'params' | 'query' | 'principal' | 'requestId' | 'signal'>

/**
 * The answer of a reading entry, for whoever has authorized and checked the call already: the live feed sends what the
 * entry would answer.
 */
export const answerTo = (
  resources: readonly MountedResource[],
  entry: Endpoint,
  checkAnswers: boolean,
): ((call: InnerCall) => Promise<unknown>) => {
  for (const { resource, handlers } of resources) {
    const key = Object.keys(resource.endpoints).find((name) => resource.endpoints[name] === entry)
    const handler = key === undefined ? undefined : handlers[key]
    if (handler === undefined) continue
    const { checkAnswer } = prepare(`${resource.name}.${key}`, entry, handler, checkAnswers)
    return async (call) => {
      const result = await handler({ ...call, body: null, header: () => undefined })
      const body: unknown = result instanceof WithStatus ? result.body : result
      checkAnswer(body)
      return body
    }
  }
  throw new Error(`nothing answers ${entry.method} ${entry.path}`)
}

const subjectOf = (entry: Endpoint, request: FastifyRequest): Subject => {
  const { kind, name } = entry.resource
  if (name === null) return { kind, name: null }
  const value = fieldsOf(name.in === 'params' ? request.params : request.body)[name.field]
  return { kind, name: typeof value === 'string' ? value : null }
}

/** Who calls an entry. What is open asks nobody for a session, so that it answers while no store does. */
const principalOf = async (
  context: MountContext,
  entry: Endpoint,
  request: FastifyRequest,
): Promise<Principal> =>
  entry.open && request.headers.authorization === undefined
    ? context.callers.nobody
    : context.callers.of({ method: request.method, headers: request.headers })

/** What the audit log keeps of a call: parameters, query, and the body without what it carries. */
const detailsOf = (request: FastifyRequest, error: unknown): Record<string, unknown> => {
  // A token is a secret even after it was refused: it may be one of elsewhere.
  const {
    records,
    text,
    token: _token,
    value,
    ...body
  } = fieldsOf(Buffer.isBuffer(request.body) ? null : request.body)
  return {
    ...fieldsOf(request.query),
    ...body,
    ...(Array.isArray(records) ? { records: records.length } : {}),
    ...(value === undefined ? {} : { edited: true }),
    // A configuration: its revision is kept, in the one place where it belongs.
    ...(typeof text === 'string' ? { text_chars: text.length } : {}),
    ...(error === undefined ? {} : { fault: isFault(error) ? error.code : 'INTERNAL' }),
  }
}

const audited = async <Result>(
  context: MountContext,
  action: AuditAction,
  who: { readonly principal: Principal; readonly subject: Subject; readonly request: FastifyRequest },
  work: () => Promise<Result>,
): Promise<Result> => {
  const record = async (
    outcome: AuditEntry['outcome'],
    error?: unknown,
    actor = who.principal.name,
  ): Promise<void> => {
    try {
      await context.audit.record({
        atMs: context.clock.now(),
        actor,
        action,
        resource: subjectText(who.subject),
        outcome,
        requestId: who.request.id,
        details: detailsOf(who.request, error),
      })
    } catch (problem) {
      // The deed is in the log of the process at least, and the caller learns that it is not in the books.
      const { id } = who.request
      context.logger.error('an action is not in the audit log', { action, outcome, request: id })
      throw fault('UNAVAILABLE', { what: 'The audit log', problem: messageOf(problem) }, problem)
    }
  }
  let result: Result
  try {
    result = await work()
  } catch (error) {
    const refused = error instanceof RequestProblems || (isFault(error) && error.recovery === 'caller')
    await record(refused ? 'refused' : 'failed', error)
    throw error
  }
  await record('done', undefined, result instanceof WithStatus ? result.extras.actor : undefined)
  return result
}

interface Prepared {
  readonly id: string
  readonly entry: Endpoint
  readonly handler: AnyHandler
  readonly check: (request: FastifyRequest) => Pick<Call<Endpoint>, 'params' | 'query' | 'body'>
  readonly checkAnswer: (body: unknown) => void
}

const prepare = (id: string, entry: Endpoint, handler: AnyHandler, checkAnswers: boolean): Prepared => {
  const params = textCheck(entry.params, 'path')
  const query = textCheck(entry.query, 'query')
  const { body } = entry
  const checkBody =
    body === null
      ? () => null
      : isRawBody(body)
        ? (value: unknown) => value ?? Buffer.alloc(0)
        : bodyCheck(body)
  const { answer } = entry
  const validator = checkAnswers && answer.kind !== 'text' ? Compile(answer.schema) : null
  return {
    id,
    entry,
    handler,
    check: (request) =>
      // Each part was checked by its own schema
      ({
        params: params(request.params),
        query: query(request.query),
        body: checkBody(request.body),
      }) as Pick<Call<Endpoint>, 'params' | 'query' | 'body'>,
    checkAnswer: (value) => {
      if (validator === null || validator.Check(value)) return
      throw new Error(`${id} answers against its contract: ${JSON.stringify(validator.Errors(value))}`)
    },
  }
}

const signalOf = (context: MountContext, reply: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, context.closing])
}

const answerCall = async (
  context: MountContext,
  prepared: Prepared,
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
): Promise<unknown> => {
  const { entry } = prepared
  const subject = subjectOf(entry, request)
  const work = (): Promise<unknown> => {
    const refused = authorize(principal, entry.permission, subject, context.keyFile)
    if (refused !== null) throw refused
    const { headers } = request
    return prepared.handler({
      ...prepared.check(request),
      principal,
      requestId: request.id,
      signal: signalOf(context, reply),
      header: (name) => {
        const value = headers[name]
        return Array.isArray(value) ? value[0] : value
      },
    })
  }
  const result =
    entry.audit === null
      ? await work()
      : await audited(context, entry.audit, { principal, subject, request }, async () => work())
  return send(context, prepared, reply, result)
}

const send = async (
  context: MountContext,
  prepared: Prepared,
  reply: FastifyReply,
  result: unknown,
): Promise<unknown> => {
  const { answer } = prepared.entry
  switch (answer.kind) {
    case 'text':
      return reply.code(answer.status).header('content-type', answer.contentType).send(result)
    case 'lines':
      // `Reply` makes answers of lines iterable
      await sendLines(reply, result as AsyncIterable<unknown>, {
        open: context.openLines,
        most: limits.followersMax,
        logger: context.logger,
        check: prepared.checkAnswer,
      })
      return reply
    case 'json': {
      const [status, body] =
        result instanceof WithStatus ? [result.status, result.body as unknown] : [answer.status, result]
      if (result instanceof WithStatus) reply.headers({ ...result.extras.headers })
      prepared.checkAnswer(body)
      // Serialized here: a number with all its digits prints only through JSON.stringify.
      return reply
        .code(status)
        .header('content-type', 'application/json; charset=utf-8')
        .send(JSON.stringify(body))
    }
  }
}

/** Mounts every entry of a resource. Raw bodies get a scope of their own, where nothing is parsed. */
export const mount = (server: FastifyInstance, mounted: MountedResource, context: MountContext): void => {
  const callersKnown = new WeakMap<FastifyRequest, Principal>()
  for (const [key, entry] of Object.entries(mounted.resource.endpoints)) {
    const handler = mounted.handlers[key]
    if (handler === undefined) throw new Error(`nothing answers ${mounted.resource.name}.${key}`)
    const prepared = prepare(`${mounted.resource.name}.${key}`, entry, handler, context.checkAnswers)
    const route = (scope: FastifyInstance): void => {
      scope.route({
        method: entry.method,
        url: entry.path.replaceAll(/\{(\w+)\}/g, ':$1'),
        exposeHeadRoute: entry.answer.kind !== 'lines',
        config: isRawBody(entry.body)
          ? { id: prepared.id, takes: entry.body.types.join(' or ') }
          : { id: prepared.id },
        ...(isRawBody(entry.body) ? { bodyLimit: limits.ingestBodyBytesMax } : {}),
        // Nobody's body is read before it is known that they may send one.
        onRequest: async (request) => {
          if (entry.limited) context.attempts.admit(request.ip)
          const principal = await principalOf(context, entry, request)
          const isNobody = principal.kind === 'anonymous'
          const refused = isNobody
            ? authorize(
                principal,
                entry.permission,
                { kind: entry.resource.kind, name: null },
                context.keyFile,
              )
            : null
          if (refused !== null) throw refused
          callersKnown.set(request, principal)
        },
        handler: (request, reply) =>
          answerCall(context, prepared, request, reply, callersKnown.get(request) ?? context.callers.nobody),
      })
    }
    if (isRawBody(entry.body)) {
      const { types } = entry.body
      void server.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser([...types], { parseAs: 'buffer' }, (_request, body, done) =>
          done(null, body),
        )
        route(scope)
      })
    } else route(server)
  }
}
