/**
 * The command line's way to a server: calls of the contract over HTTP, with the key from the data directory.
 *
 * Answers are checked against the entry (fields of a newer server are left out), which gives them their types.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '../contract/endpoint.ts'
import { parseExact } from '../kernel/exact-json.adapter.ts'
import { type Fault, fault, messageOf } from '../kernel/faults/index.ts'
import type { Environment } from './options.adapter.ts'

/** A server's answer that is no success. */
export class RemoteFault extends Error {
  readonly status: number
  readonly code: string
  readonly fix: string
  readonly problems: readonly { readonly field: string; readonly problem: string }[]
  readonly requestId: string

  constructor(status: number, body: ErrorFields) {
    super(body.error)
    this.status = status
    this.code = body.code
    this.fix = body.fix
    this.problems = body.problems
    this.requestId = body.requestId
  }
}

interface ErrorFields {
  readonly error: string
  readonly code: string
  readonly fix: string
  readonly problems: readonly { readonly field: string; readonly problem: string }[]
  readonly requestId: string
}

/** What a caller gives: parts that have defaults may be left out. */
export interface CallInput<Entry extends Endpoint> {
  readonly params?: ParamsOf<Entry>
  readonly query?: { readonly [Name in keyof QueryOf<Entry>]?: QueryOf<Entry>[Name] | undefined }
  readonly body?: BodyOf<Entry> extends object
    ? { readonly [Name in keyof BodyOf<Entry>]?: BodyOf<Entry>[Name] | undefined }
    : never
}

export interface Client {
  readonly address: string
  /** @throws fault SERVER_UNREACHABLE, KEY_MISSING, ANSWER_UNEXPECTED; RemoteFault */
  call<Entry extends Endpoint>(
    entry: Entry,
    input?: CallInput<Entry>,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Entry>>
  /** Documents of a followed answer, until the server or `signal` ends it. */
  follow<Entry extends Endpoint>(
    entry: Entry,
    input: CallInput<Entry>,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerOf<Entry>, void, undefined>
}

export interface ClientOptions {
  /** Host and port, or a URL. */
  readonly http: string
  readonly directory: string
  readonly environment: Environment
}

/** `--http` as a URL without slash at its end. */
export const baseUrlOf = (http: string): string => {
  const withScheme = /^https?:\/\//.test(http)
    ? http
    : `http://${/^:?\d+$/.test(http) ? `127.0.0.1:${http.replace(':', '')}` : http}`
  const trimmed = withScheme.replace(/\/+$/, '')
  if (!URL.canParse(trimmed)) {
    throw fault('USAGE_WRONG', {
      problem: `--http ${http} is no address; write host:port`,
      help: 'sluice --help',
    })
  }
  return trimmed
}

const keyOf = async ({ directory, environment }: ClientOptions, address: string): Promise<string> => {
  const fromEnvironment = environment['SLUICE_KEY']
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
  const file = path.join(directory, 'admin.key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    const problem = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
    throw fault('KEY_MISSING', { address, file, problem }, error)
  }
}

const urlOf = (base: string, entry: Endpoint, input: CallInput<Endpoint>): string => {
  const params: Readonly<Record<string, unknown>> = { ...input.params }
  const filled = entry.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...input.query })) {
    if (value !== undefined) query.set(name, String(value))
  }
  const text = query.toString()
  return `${base}${filled}${text === '' ? '' : `?${text}`}`
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

const remoteFault = (status: number, body: unknown): RemoteFault | null => {
  const { error, code, details, request_id: requestId } = fieldsOf(body)
  if (typeof error !== 'string' || typeof code !== 'string') return null
  const { fix, problems } = fieldsOf(details)
  return new RemoteFault(status, {
    error,
    code,
    fix: typeof fix === 'string' ? fix : '',
    requestId: typeof requestId === 'string' ? requestId : '',
    problems: Array.isArray(problems)
      ? problems
          .map(fieldsOf)
          .map(({ field, problem }) => ({ field: String(field), problem: String(problem) }))
      : [],
  })
}

// Undici wraps what happened on the socket.
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause)
}

const callDeadlineMs = 60_000

type Unexpected = (problem: string) => Fault

const bodyOf = async (response: Response, unexpected: Unexpected): Promise<unknown> => {
  const text = await response.text()
  try {
    return parseExact(text)
  } catch {
    throw unexpected(`status ${response.status}, no JSON`)
  }
}

const linesOf = async function* (response: Response, unexpected: Unexpected): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter((line) => line !== '')
  }
  if (rest !== '') throw unexpected('a line is cut')
}

/** Makes a client; nothing is read or connected before the first call. */
export const createClient = (options: ClientOptions): Client => {
  const base = baseUrlOf(options.http)
  let key: Promise<string> | undefined
  const send = async (
    entry: Endpoint,
    input: CallInput<Endpoint>,
    signal: AbortSignal,
  ): Promise<Response> => {
    const headers: Record<string, string> = {}
    if (!entry.open) headers['authorization'] = `Bearer ${await (key ??= keyOf(options, base))}`
    if (input.body !== undefined) headers['content-type'] = 'application/json'
    try {
      return await fetch(urlOf(base, entry, input), {
        method: entry.method,
        headers,
        signal,
        redirect: 'error',
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      })
    } catch (error) {
      if (signal.aborted && signal.reason instanceof Error && signal.reason.name !== 'TimeoutError')
        throw error
      throw fault('SERVER_UNREACHABLE', { address: base, problem: causeOf(error) }, error)
    }
  }
  const unexpectedOf =
    (entry: Endpoint): Unexpected =>
    (problem) =>
      fault('ANSWER_UNEXPECTED', { address: base, method: entry.method, path: entry.path, problem })
  const refuse = async (entry: Endpoint, response: Response): Promise<never> => {
    const unexpected = unexpectedOf(entry)
    throw (
      remoteFault(response.status, await bodyOf(response, unexpected)) ??
      unexpected(`status ${response.status}`)
    )
  }
  const accepts = (entry: Endpoint, status: number): boolean =>
    status === entry.answer.status ||
    (entry.answer.kind === 'json' && (entry.answer.also ?? []).some((also) => also.status === status))
  return {
    address: base,
    call: async (entry, input = {}, signal) => {
      const deadline = AbortSignal.timeout(callDeadlineMs)
      const response = await send(
        entry,
        input,
        signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      )
      if (!accepts(entry, response.status)) return refuse(entry, response)
      const unexpected = unexpectedOf(entry)
      const { answer } = entry
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer of a text entry is its text
      if (answer.kind === 'text') return (await response.text()) as AnswerOf<typeof entry>
      const value = Value.Clean(answer.schema, await bodyOf(response, unexpected))
      const validator = Compile(answer.schema)
      if (!validator.Check(value)) {
        const [problem] = validator.Errors(value)
        throw unexpected(`${problem?.instancePath ?? ''} ${problem?.message ?? ''}`.trim())
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked against the entry's schema above
      return value as AnswerOf<typeof entry>
    },
    follow: async function* (entry, input, signal) {
      const response = await send(entry, input, signal)
      if (!accepts(entry, response.status)) await refuse(entry, response)
      try {
        for await (const line of linesOf(response, unexpectedOf(entry))) {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server of ours writes lines of this type
          yield parseExact(line) as AnswerOf<typeof entry>
        }
      } catch (error) {
        if (signal.aborted) return
        throw fault('SERVER_UNREACHABLE', { address: base, problem: causeOf(error) }, error)
      }
    },
  }
}
