/**
 * A message of the protocol: its key, name, versions and two tables, one of them for each direction.
 *
 * Codecs are made on the first use of a version and kept. This is the one file where the types a table promises are put
 * onto what its codecs return: the compiler cannot follow a loop over field names.
 */
import type { Codec } from './compile.ts'
import { compile } from './compile.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Reader } from './reader.ts'
import type { Shape, Type } from './shapes.ts'
import type { Writer } from './writer.ts'

/** A struct with versions of its own, such as the consumer protocol's or a record of an internal topic. */
export type Schema<Out, In> = {
  readonly shape: Shape
  readonly versionMin: number
  readonly versionMax: number
  isFlexible(version: number): boolean
  /** Reads one value; throws ProtocolError for bytes that are none and for a version outside the table. */
  decode(version: number, reader: Reader): Out
  /** Writes one value. A value that does not fit its type throws TypeError or RangeError; null where none is allowed, ProtocolError. */
  encode(version: number, value: In, writer: Writer): void
}

export type Message<RequestOut = unknown, RequestIn = never, ResponseOut = unknown, ResponseIn = never> = {
  /** Kafka's API key. */
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  readonly requestShape: Shape
  readonly responseShape: Shape
  hasVersion(version: number): boolean
  isFlexible(version: number): boolean
  decodeRequest(version: number, reader: Reader): RequestOut
  encodeRequest(version: number, value: RequestIn, writer: Writer): void
  decodeResponse(version: number, reader: Reader): ResponseOut
  encodeResponse(version: number, value: ResponseIn, writer: Writer): void
}

/** What decoding a request gives: every field. */
export type RequestOf<M> = M extends { decodeRequest(version: number, reader: Reader): infer Out }
  ? Out
  : never
/** What encoding a request takes: fields with a fallback may be left out. */
export type RequestInputOf<M> = M extends {
  encodeRequest(version: number, value: infer In, writer: Writer): void
}
  ? In
  : never
/** What decoding a response gives: every field. */
export type ResponseOf<M> = M extends { decodeResponse(version: number, reader: Reader): infer Out }
  ? Out
  : never
/** What encoding a response takes: fields with a fallback may be left out. */
export type ResponseInputOf<M> = M extends {
  encodeResponse(version: number, value: infer In, writer: Writer): void
}
  ? In
  : never

export type Versions = {
  /** First and last, both included. */
  readonly versions: readonly [number, number]
  /** First version with compact lengths and tagged fields, if any. */
  readonly flexibleSince?: number
}

/** Makes a schema from a table. */
export const schema = <Out, In>(
  name: string,
  { versions: [versionMin, versionMax], flexibleSince = Infinity }: Versions,
  type: Type<Out, In>,
): Schema<Out, In> => {
  const codecs: (Codec | undefined)[] = []
  const codecAt = (version: number): Codec => {
    const known = codecs[version]
    if (known !== undefined) return known
    if (!(Number.isInteger(version) && version >= versionMin && version <= versionMax)) {
      throw new ProtocolError(
        'version',
        `${name} has versions ${versionMin} to ${versionMax}, not ${version}`,
      )
    }
    const codec = compile(type.shape, version, version >= flexibleSince)
    codecs[version] = codec
    return codec
  }
  return {
    shape: type.shape,
    versionMin,
    versionMax,
    isFlexible: (version) => version >= flexibleSince,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table that made the codec also made the type
    decode: (version, reader) => codecAt(version).read(reader) as Out,
    encode: (version, value, writer) => codecAt(version).write(writer, value),
  }
}

/** Makes a message from its tables. */
export const message = <RequestOut, RequestIn, ResponseOut, ResponseIn>(
  definition: Versions & {
    readonly key: number
    readonly name: string
    readonly request: Type<RequestOut, RequestIn>
    readonly response: Type<ResponseOut, ResponseIn>
  },
): Message<RequestOut, RequestIn, ResponseOut, ResponseIn> => {
  const { key, name } = definition
  const requests = schema(`${name} request`, definition, definition.request)
  const responses = schema(`${name} response`, definition, definition.response)
  const { versionMin, versionMax, isFlexible } = requests
  return {
    key,
    name,
    versionMin,
    versionMax,
    requestShape: requests.shape,
    responseShape: responses.shape,
    hasVersion: (version) => Number.isInteger(version) && version >= versionMin && version <= versionMax,
    isFlexible,
    decodeRequest: requests.decode,
    encodeRequest: requests.encode,
    decodeResponse: responses.decode,
    encodeResponse: responses.encode,
  }
}
