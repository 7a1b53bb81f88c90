/**
 * The command line's way to a server: calls of the contract over HTTP, with the key from the data directory.
 *
 * Answers are checked against the entry (fields of a newer server are left out), which gives them their types.
 */
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '../contract/endpoint.ts'
import { parseExact } from '../kernel/exact-json.adapter.ts'
import { fault } from '../kernel/faults/index.ts'
import { bodyOf, type ClientOptions, causeOf, createTransport, linesOf } from './client-transport.ts'

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

const callDeadlineMs = 60_000

/** Makes a client; nothing is read or connected before the first call. */
export const createClient = (options: ClientOptions): Client => {
  const transport = createTransport(options)
  return {
    address: transport.address,
    call: async (entry, input = {}, signal) => {
      const deadline = AbortSignal.timeout(callDeadlineMs)
      const ends = AbortSignal.any([options.signal, deadline, ...(signal === undefined ? [] : [signal])])
      const response = await transport.send(entry, input, ends)
      const { answer } = entry
      // The answer of a text entry is its text.
      if (answer.kind === 'text') return (await response.text()) as AnswerOf<typeof entry>
      const unexpected = transport.unexpected(entry)
      const value = Value.Clean(answer.schema, await bodyOf(response, unexpected))
      const validator = Compile(answer.schema)
      if (!validator.Check(value)) {
        const [problem] = validator.Errors(value)
        throw unexpected(`${problem?.instancePath ?? ''} ${problem?.message ?? ''}`.trim())
      }
      // Checked against the entry's schema above.
      return value as AnswerOf<typeof entry>
    },
    follow: async function* (entry, input, signal) {
      const response = await transport.send(entry, input, signal)
      try {
        for await (const line of linesOf(response, transport.unexpected(entry))) {
          // A server of ours writes lines of this type.
          yield parseExact(line) as AnswerOf<typeof entry>
        }
      } catch (error) {
        if (signal.aborted) return
        throw fault('SERVER_UNREACHABLE', { address: transport.address, problem: causeOf(error) }, error)
      }
    },
  }
}
