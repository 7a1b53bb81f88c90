/** What answers a resource: a function for each entry, typed by the entry. Implemented in `api` and `systems`. */
import type {
  AnswerOf,
  BodyOf,
  Endpoint,
  JsonAnswer,
  LinesAnswer,
  ParamsOf,
  QueryOf,
  Resource,
} from './endpoint.ts'
import type { Permission } from './permissions.ts'

/** Who calls. */
export interface Principal {
  readonly kind: 'admin' | 'anonymous'
  /** How the audit log names it. */
  readonly name: string
  readonly permissions: 'all' | ReadonlySet<Permission>
}

/** A call that was authenticated, authorized and checked. */
export interface Call<Entry extends Endpoint> {
  readonly params: ParamsOf<Entry>
  /** Defaults are filled in. */
  readonly query: QueryOf<Entry>
  readonly body: BodyOf<Entry>
  readonly principal: Principal
  readonly requestId: string
  /** Aborted when the client hangs up or the server stops. */
  readonly signal: AbortSignal
  /** A header of the request, by its lower-case name. */
  readonly header: (name: string) => string | undefined
}

/** What an answer may have beside its body. */
export interface AnswerExtras {
  readonly headers?: Readonly<Record<string, string>>
  /** Who acted, where that was not known before the call was answered: for the audit log. */
  readonly actor?: string
}

/** An answer with one of the entry's further statuses, or with headers of its own. */
export class WithStatus<Body> {
  readonly status: number
  readonly body: Body
  readonly extras: AnswerExtras

  constructor(status: number, body: Body, extras: AnswerExtras = {}) {
    this.status = status
    this.body = body
    this.extras = extras
  }
}

export type Reply<Entry extends Endpoint> = Entry['answer'] extends JsonAnswer
  ? AnswerOf<Entry> | WithStatus<AnswerOf<Entry>>
  : Entry['answer'] extends LinesAnswer
    ? AsyncIterable<AnswerOf<Entry>>
    : string

export type Handler<Entry extends Endpoint> = (call: Call<Entry>) => Promise<Reply<Entry>>

/** One function for each entry of a resource. */
export type Answers<Of extends Resource> = {
  readonly [Key in keyof Of['endpoints']]: Handler<Of['endpoints'][Key]>
}
