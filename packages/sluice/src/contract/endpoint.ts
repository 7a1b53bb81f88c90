/**
 * What an entry of the API is: one object from which routes, checks, permissions, audit, OpenAPI and the
 * command line's client are derived.
 *
 * Adding an endpoint is two edits: its entry in this room, its answer in `api/answers` (or in its system).
 */
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import type { FaultCode } from '../kernel/faults/index.ts'
import type { AuditAction, Permission, ResourceKind } from './permissions.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Which thing a call is about: grants are given per thing, and audit rows name it. */
export interface ResourceReference {
  readonly kind: ResourceKind
  /** Where the thing's name stands; null for calls about all things of that kind. */
  readonly name: { readonly in: 'params' | 'body'; readonly field: string } | null
}

/** A body as it came, for endpoints that take more than JSON. */
export interface RawBody {
  readonly raw: true
  /** Media types that are taken. */
  readonly types: readonly string[]
  readonly description: string
}

export interface JsonAnswer<Schema extends TSchema = TSchema> {
  readonly kind: 'json'
  readonly status: 200 | 201 | 202
  readonly schema: Schema
  readonly description: string
  /** Further statuses that carry the same body. */
  readonly also?: readonly { readonly status: number; readonly description: string }[]
}

/** One JSON document a line, for as long as the client listens. */
export interface LinesAnswer<Schema extends TSchema = TSchema> {
  readonly kind: 'lines'
  readonly status: 200
  readonly schema: Schema
  readonly description: string
}

export interface TextAnswer {
  readonly kind: 'text'
  readonly status: 200
  readonly contentType: string
  readonly description: string
}

export type EndpointAnswer = JsonAnswer | LinesAnswer | TextAnswer

export interface Endpoint<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema | RawBody | null = TSchema | RawBody | null,
  Answer extends EndpointAnswer = EndpointAnswer,
> {
  readonly method: Method
  /** With `{name}` for each parameter. */
  readonly path: string
  /** A few words, verb first. */
  readonly summary: string
  /** What a reader of the reference needs beyond the summary; Markdown. */
  readonly description: string
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly answer: Answer
  /** What the caller must be allowed; null only for open entries. */
  readonly permission: Permission | null
  readonly resource: ResourceReference
  /** What the audit log calls it; null where nothing is changed. */
  readonly audit: AuditAction | null
  /** Answers without a key. */
  readonly open: boolean
  /** Attempts are bounded, by address and altogether: for entries at which one could guess. */
  readonly limited: boolean
  /** Faults of its own, beside those that any entry may answer with. */
  readonly faults: readonly FaultCode[]
}

const nothing = Type.Object({}, { additionalProperties: false })
type Nothing = typeof nothing

/** An entry as it is written: parameters, query and body default to none, `open` and `limited` to false. */
type EndpointInput<
  Params extends TObject,
  Query extends TObject,
  Body extends TSchema | RawBody | null,
  Answer extends EndpointAnswer,
> = Omit<
  Endpoint<Params, Query, Body, Answer>,
  'params' | 'query' | 'body' | 'open' | 'limited' | 'faults'
> & {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly open?: boolean
  readonly limited?: boolean
  readonly faults?: readonly FaultCode[]
}

const defaults = {
  params: nothing,
  query: nothing,
  body: null,
  open: false,
  limited: false,
  faults: [],
} as const

/** Writes an entry, keeping the types of its schemas for whoever answers or calls it. */
export function endpoint<
  Answer extends EndpointAnswer,
  Params extends TObject = Nothing,
  Query extends TObject = Nothing,
  Body extends TSchema | RawBody | null = null,
>(entry: EndpointInput<Params, Query, Body, Answer>): Endpoint<Params, Query, Body, Answer>
export function endpoint(
  entry: EndpointInput<TObject, TObject, TSchema | RawBody | null, EndpointAnswer>,
): Endpoint {
  return { ...defaults, ...entry }
}

export interface Resource<Endpoints extends Readonly<Record<string, Endpoint>> = Record<string, Endpoint>> {
  readonly name: string
  readonly summary: string
  readonly endpoints: Endpoints
}

/** Writes a resource: a list of entries that is mounted whole. An entry's id is `<resource>.<key>`. */
export const defineResource = <const Endpoints extends Readonly<Record<string, Endpoint>>>(
  resource: Resource<Endpoints>,
): Resource<Endpoints> => resource

export type ParamsOf<Entry extends Endpoint> = Static<Entry['params']>
export type QueryOf<Entry extends Endpoint> = Static<Entry['query']>
export type BodyOf<Entry extends Endpoint> = Entry['body'] extends RawBody
  ? Uint8Array
  : Entry['body'] extends TSchema
    ? Static<Entry['body']>
    : null

/** What an answer holds: one document, or one for each line. */
export type AnswerOf<Entry extends Endpoint> = Entry['answer'] extends
  | JsonAnswer<infer Schema>
  | LinesAnswer<infer Schema>
  ? Static<Schema>
  : string

export const isRawBody = (body: Endpoint['body']): body is RawBody => body !== null && 'raw' in body
