/**
 * The words message tables are written in.
 *
 * A table is data: every word makes a `Shape` that says what stands on the wire in which version, and carries the
 * TypeScript types of what decoding gives (`OutOf`) and what encoding takes (`InOf`). They differ in one thing: fields
 * that have a fallback may be left out when encoding.
 */

/** In which versions a field exists, and what stands for it elsewhere. */
export type Presence = {
  readonly since: number
  readonly until: number
  /** Number of a tagged field (KIP-482), if it is one. */
  readonly tag: number | null
  /** What decoding gives where the field is absent; what encoding takes where the value is left out. */
  readonly fallback: unknown
}

export type PrimitiveKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'

export type FieldShape = { readonly name: string; readonly shape: Shape; readonly presence: Presence }

export type Shape =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'string' | 'bytes' | 'records' }
  | { readonly kind: 'nullable'; readonly since: number; readonly inner: Shape }
  | { readonly kind: 'array'; readonly element: Shape }
  | { readonly kind: 'struct'; readonly fields: readonly FieldShape[] }

declare const types: unique symbol

/** A wire type: `Out` is what decoding gives, `In` what encoding takes. */
export type Type<Out, In = Out> = {
  readonly shape: Shape
  /** Exists for the compiler only. */
  readonly [types]?: { readonly out: Out; readonly in: In }
}

/** A type that knows when it is there. Only the field of a struct can be one. */
export type Field<Out, In = Out> = Type<Out, In> & { readonly presence: Presence }

export type OutOf<T> = T extends Type<infer Out, infer _In> ? Out : never
export type InOf<T> = T extends Type<infer _Out, infer In> ? In : never

type Flat<T> = { readonly [K in keyof T]: T[K] }
type Fields = { readonly [name: string]: Type<unknown> }
type OptionalNames<F> = { [K in keyof F]: F[K] extends { presence: Presence } ? K : never }[keyof F]
type StructOut<F> = { readonly [K in keyof F]: OutOf<F[K]> }
type StructIn<F> = Flat<
  { readonly [K in Exclude<keyof F, OptionalNames<F>>]: InOf<F[K]> } & {
    readonly [K in OptionalNames<F>]?: InOf<F[K]> | undefined
  }
>

export const bool: Type<boolean> = { shape: { kind: 'bool' } }
export const int8: Type<number> = { shape: { kind: 'int8' } }
export const int16: Type<number> = { shape: { kind: 'int16' } }
export const uint16: Type<number> = { shape: { kind: 'uint16' } }
export const int32: Type<number> = { shape: { kind: 'int32' } }
export const uint32: Type<number> = { shape: { kind: 'uint32' } }
export const int64: Type<bigint> = { shape: { kind: 'int64' } }
export const float64: Type<number> = { shape: { kind: 'float64' } }
/** 22 characters of base64url, as Kafka's own tools print ids. */
export const uuid: Type<string> = { shape: { kind: 'uuid' } }
export const string: Type<string> = { shape: { kind: 'string' } }
/** Decodes to a view of the frame, not a copy. */
export const bytes: Type<Buffer> = { shape: { kind: 'bytes' } }
/** Record batches, or null: decodes to a view of the frame, encodes one buffer or several without copying. */
export const records: Type<Buffer | null, Buffer | readonly Buffer[] | null> = { shape: { kind: 'records' } }

/** The id that stands for none. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Null is allowed from version `since` on. */
export const nullable = <Out, In>(type: Type<Out, In>, since = 0): Type<Out | null, In | null> => ({
  shape: { kind: 'nullable', since, inner: type.shape },
})

export const array = <Out, In>(element: Type<Out, In>): Type<readonly Out[], readonly In[]> => ({
  shape: { kind: 'array', element: element.shape },
})

const alwaysPresent: Presence = { since: 0, until: Infinity, tag: null, fallback: undefined }

export const struct = <const F extends Fields>(fields: F): Type<StructOut<F>, StructIn<F>> => ({
  shape: {
    kind: 'struct',
    fields: Object.entries(fields).map(([name, type]) => ({
      name,
      shape: type.shape,
      presence: isField(type) ? type.presence : alwaysPresent,
    })),
  },
})

/** There in every version, but may be left out when encoding. */
export const optional = <Out, In>(type: Type<Out, In>, fallback?: NoInfer<Out>): Field<Out, In> =>
  between(0, Infinity, type, fallback)

/** There from version `first` on. Without `fallback`, the zero of the type stands in. */
export const since = <Out, In>(first: number, type: Type<Out, In>, fallback?: NoInfer<Out>): Field<Out, In> =>
  between(first, Infinity, type, fallback)

/** There from version `first` to `last`, both included. */
export const between = <Out, In>(
  first: number,
  last: number,
  type: Type<Out, In>,
  fallback?: NoInfer<Out>,
): Field<Out, In> => field(type, first, last, null, fallback)

/** A tagged field: on the wire only when it differs from `fallback`. */
export const tagged = <Out, In>(
  tag: number,
  first: number,
  type: Type<Out, In>,
  fallback?: NoInfer<Out>,
): Field<Out, In> => field(type, first, Infinity, tag, fallback)

/** What stands for a value of this shape when nothing else is said. */
const zeroOf = (shape: Shape): unknown => {
  switch (shape.kind) {
    case 'bool':
      return false
    case 'int64':
      return 0n
    case 'uuid':
      return zeroUuid
    case 'string':
      return ''
    case 'bytes':
      return emptyBytes
    case 'array':
      return emptyArray
    case 'records':
    case 'nullable':
      return null
    case 'struct':
      return Object.freeze(Object.fromEntries(shape.fields.map((each) => [each.name, fallbackOf(each)])))
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'float64':
      return 0
  }
}

/** The fallback of a field, or the zero of its type when it has none. */
export const fallbackOf = (each: FieldShape): unknown =>
  each.presence.fallback === undefined ? zeroOf(each.shape) : each.presence.fallback

const emptyBytes = Buffer.alloc(0)
const emptyArray: readonly never[] = Object.freeze([])

const isField = (type: Type<unknown>): type is Field<unknown> => 'presence' in type

const field = <Out, In>(
  type: Type<Out, In>,
  first: number,
  last: number,
  tag: number | null,
  fallback: Out | undefined,
): Field<Out, In> => ({
  ...type,
  presence: {
    since: first,
    until: last,
    tag,
    fallback: fallback === undefined ? zeroOf(type.shape) : fallback,
  },
})
