/**
 * Calls of the API, typed by the contract: `call('topics', 'show', { params: { name } })`.
 *
 * Only types come from the contract; methods and paths are plain data put in by the build. Answers are trusted to be
 * what the entry says: the server checks them.
 */

import { endpoints } from 'virtual:endpoints'
import type { AnswerOf, BodyOf, contract, Endpoint, ParamsOf, QueryOf } from 'sluice/contract'
import { errorOfAnswer, unreachable } from './api-error.ts'
import { parseJson } from './json.adapter.ts'

type Contract = typeof contract
export type ResourceName = keyof Contract
export type KeyOf<Resource extends ResourceName> = keyof Contract[Resource]['endpoints'] & string
export type EntryOf<Resource extends ResourceName, Key extends KeyOf<Resource>> = Extract<
  Contract[Resource]['endpoints'][Key],
  Endpoint
>

/** What an entry answers: `Answer<'topics', 'list'>`. */
export type Answer<Resource extends ResourceName, Key extends KeyOf<Resource>> = AnswerOf<
  EntryOf<Resource, Key>
>

/** What a call takes: parts that have defaults may be left out. */
export interface CallInput<Resource extends ResourceName, Key extends KeyOf<Resource>> {
  readonly params?: ParamsOf<EntryOf<Resource, Key>>
  readonly query?: {
    readonly [Name in keyof QueryOf<EntryOf<Resource, Key>>]?:
      | QueryOf<EntryOf<Resource, Key>>[Name]
      | undefined
  }
  readonly body?: BodyOf<EntryOf<Resource, Key>> extends object
    ? {
        readonly [Name in keyof BodyOf<EntryOf<Resource, Key>>]?:
          | BodyOf<EntryOf<Resource, Key>>[Name]
          | undefined
      }
    : never
}

const deadlineMs = 60_000

/** What every changing call carries when somebody is signed in; set by the session. */
let csrfToken: string | null = null

/** Takes over the token of the session; null when nobody is signed in. */
export const setCsrfToken = (token: string | null): void => {
  csrfToken = token
}

/** Method and address of a call. */
export const addressOf = (
  id: string,
  params: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>>,
): { method: string; url: string } => {
  const [method, path] = endpoints[id] ?? []
  if (method === undefined || path === undefined) throw new Error(`the API has no entry ${id}`)
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, `${value as string}`)
  }
  const text = search.toString()
  return { method, url: text === '' ? filled : `${filled}?${text}` }
}

const bodyOf = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (!(response.headers.get('content-type') ?? '').includes('json')) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

const send = async (method: string, url: string, body: unknown, signal: AbortSignal): Promise<Response> => {
  const changes = method !== 'GET'
  try {
    return await fetch(url, {
      method,
      signal,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(changes && csrfToken !== null ? { 'x-csrf-token': csrfToken } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'))
      throw error
    throw unreachable(changes)
  }
}

/** Calls by id, untyped: for what is derived from lists. @throws ApiError */
export const callById = async (
  id: string,
  input: { readonly params?: object; readonly query?: object; readonly body?: unknown } = {},
  signal?: AbortSignal,
): Promise<unknown> => {
  const { method, url } = addressOf(id, { ...input.params }, { ...input.query })
  const deadline = AbortSignal.timeout(deadlineMs)
  const ends = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const response = await send(method, url, input.body, ends)
  const body = await bodyOf(response)
  if (response.ok) return body
  const error = errorOfAnswer(response.status, body, method !== 'GET')
  // Another tab signed in anew: nothing was changed yet, so it is tried again with the token of that session.
  if (error.code !== 'CSRF_REFUSED' || !(await renewCsrfToken(ends))) throw error
  const again = await send(method, url, input.body, ends)
  const answer = await bodyOf(again)
  if (!again.ok) throw errorOfAnswer(again.status, answer, true)
  return answer
}

/** Takes over the token of the session as it is now; false where it is the one already known. */
const renewCsrfToken = async (signal: AbortSignal): Promise<boolean> => {
  const session = await callById('session.show', {}, signal)
  const token =
    typeof session === 'object' && session !== null && 'csrf_token' in session ? session.csrf_token : null
  const before = csrfToken
  setCsrfToken(typeof token === 'string' ? token : null)
  return csrfToken !== before
}

export interface RawAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly ms: number
}

/** More of an answer is not shown. */
const rawCharsMax = 200_000

/** Calls an address as it stands, and gives back whatever was answered. @throws ApiError where nothing answers */
export const callAddress = async (
  method: string,
  url: string,
  body: unknown,
  signal: AbortSignal,
): Promise<RawAnswer> => {
  const startedMs = performance.now()
  const response = await send(method, url, body, signal)
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: text.slice(0, rawCharsMax),
    ms: performance.now() - startedMs,
  }
}

/** Calls an entry of the API. @throws ApiError */
export const call = async <Resource extends ResourceName, Key extends KeyOf<Resource>>(
  resource: Resource,
  key: Key,
  input?: CallInput<Resource, Key>,
  signal?: AbortSignal,
): Promise<Answer<Resource, Key>> =>
  (await callById(`${resource}.${key}`, input ?? {}, signal)) as Answer<Resource, Key>
