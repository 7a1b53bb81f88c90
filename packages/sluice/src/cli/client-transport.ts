/** Calls of the contract as HTTP requests: address, key, deadlines, and answers that are no success. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Endpoint } from '../contract/endpoint.ts'
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
  /** The command that helps, where whoever called knows it better. */
  next: string | null = null

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

export interface ClientOptions {
  /** Host and port, or a URL. */
  readonly http: string
  readonly directory: string
  readonly environment: Environment
  /** Ends every call: Ctrl-C. */
  readonly signal: AbortSignal
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

/** Parts of a request, whatever their types are. */
export interface RequestInput {
  readonly params?: object
  readonly query?: object
  readonly body?: unknown
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

const urlOf = (base: string, entry: Endpoint, input: RequestInput): string => {
  const params = fieldsOf(input.params)
  const filled = entry.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fieldsOf(input.query))) {
    if (value !== undefined) query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
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
export const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause)
}

export type Unexpected = (problem: string) => Fault

export const bodyOf = async (response: Response, unexpected: Unexpected): Promise<unknown> => {
  const text = await response.text()
  try {
    return parseExact(text)
  } catch {
    throw unexpected(`status ${response.status}, no JSON`)
  }
}

export const linesOf = async function* (response: Response, unexpected: Unexpected): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  const chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? []
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter((line) => line !== '')
  }
  if (rest !== '') throw unexpected('a line is cut')
}

const accepts = (entry: Endpoint, status: number): boolean =>
  status === entry.answer.status ||
  (entry.answer.kind === 'json' && (entry.answer.also ?? []).some((also) => also.status === status))

export interface Transport {
  readonly address: string
  /** Resolves to an answer that is one of the entry's; every other is thrown. */
  send(entry: Endpoint, input: RequestInput, signal: AbortSignal): Promise<Response>
  /** Makes the fault for an answer of this entry that no Sluice gives. */
  unexpected(entry: Endpoint): Unexpected
}

/** Nothing is read or connected before the first call. */
export const createTransport = (options: ClientOptions): Transport => {
  const base = baseUrlOf(options.http)
  let key: Promise<string> | undefined
  const unexpected =
    (entry: Endpoint): Unexpected =>
    (problem) =>
      fault('ANSWER_UNEXPECTED', { address: base, method: entry.method, path: entry.path, problem })
  const request = async (entry: Endpoint, input: RequestInput, signal: AbortSignal): Promise<Response> => {
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
      if (isAbort(error)) throw error
      throw fault('SERVER_UNREACHABLE', { address: base, problem: causeOf(error) }, error)
    }
  }
  return {
    address: base,
    unexpected,
    send: async (entry, input, signal) => {
      const response = await request(entry, input, signal)
      if (accepts(entry, response.status)) return response
      const wrong = unexpected(entry)
      const body = await bodyOf(response, wrong)
      throw remoteFault(response.status, body) ?? wrong(`status ${response.status}`)
    },
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'
