/**
 * Turns a table into functions: one codec per shape and version, made once.
 *
 * Encoding checks what it is given, and names the field that does not fit; decoding checks every bound (see Reader).
 */
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'
import type { FieldShape, PrimitiveKind, Shape } from './shapes.ts'
import { fallbackOf } from './shapes.ts'
import { Writer } from './writer.ts'

export type Codec = {
  /** No value takes fewer bytes than this. */
  readonly sizeBytesMin: number
  readonly read: (reader: Reader) => unknown
  readonly write: (writer: Writer, value: unknown) => void
}

/** Codec of a shape in one version. Flexible versions use compact lengths and tagged fields (KIP-482). */
export const compile = (shape: Shape, version: number, isFlexible: boolean): Codec => {
  if (isPrimitive(shape)) return primitiveCodecs[shape.kind]
  switch (shape.kind) {
    case 'nullable':
      return compileNullable(shape.inner, version, isFlexible, version >= shape.since)
    case 'array':
      return arrayCodec(compile(shape.element, version, isFlexible), isFlexible, false)
    case 'struct':
      return structCodec(shape.fields, version, isFlexible)
    case 'string':
      return stringCodec(isFlexible, false)
    case 'bytes':
      return bytesCodec(isFlexible, false)
    case 'records':
      return recordsCodec(isFlexible)
  }
}

const isPrimitive = (shape: Shape): shape is { readonly kind: PrimitiveKind } => shape.kind in primitiveCodecs

const compileNullable = (inner: Shape, version: number, isFlexible: boolean, allowsNull: boolean): Codec => {
  if (inner.kind === 'string') return stringCodec(isFlexible, allowsNull)
  if (inner.kind === 'bytes') return bytesCodec(isFlexible, allowsNull)
  if (inner.kind === 'array') {
    return arrayCodec(compile(inner.element, version, isFlexible), isFlexible, allowsNull)
  }
  if (inner.kind === 'struct') {
    const codec = structCodec(inner.fields, version, isFlexible)
    return allowsNull ? nullableStructCodec(codec) : codec
  }
  throw new TypeError(`the wire format has no null for ${inner.kind}`)
}

const unfit = (expected: string, value: unknown): never => {
  if (value === null) throw new ProtocolError('null', `null where ${expected} is needed`)
  throw new TypeError(`${typeof value} where ${expected} is needed`)
}

const asNumber = (value: unknown): number => (typeof value === 'number' ? value : unfit('a number', value))
const asBigint = (value: unknown): bigint => (typeof value === 'bigint' ? value : unfit('a bigint', value))
const asString = (value: unknown): string => (typeof value === 'string' ? value : unfit('a string', value))
const asBoolean = (value: unknown): boolean =>
  typeof value === 'boolean' ? value : unfit('a boolean', value)
const asBuffer = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : unfit('a Buffer', value))
const asArray = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : unfit('an array', value)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const primitiveCodecs: Readonly<Record<PrimitiveKind, Codec>> = {
  bool: {
    sizeBytesMin: 1,
    read: (reader) => reader.bool(),
    write: (writer, value) => writer.bool(asBoolean(value)),
  },
  int8: {
    sizeBytesMin: 1,
    read: (reader) => reader.int8(),
    write: (writer, value) => writer.int8(asNumber(value)),
  },
  int16: {
    sizeBytesMin: 2,
    read: (reader) => reader.int16(),
    write: (writer, value) => writer.int16(asNumber(value)),
  },
  uint16: {
    sizeBytesMin: 2,
    read: (reader) => reader.uint16(),
    write: (writer, value) => writer.uint16(asNumber(value)),
  },
  int32: {
    sizeBytesMin: 4,
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.int32(asNumber(value)),
  },
  uint32: {
    sizeBytesMin: 4,
    read: (reader) => reader.uint32(),
    write: (writer, value) => writer.uint32(asNumber(value)),
  },
  int64: {
    sizeBytesMin: 8,
    read: (reader) => reader.int64(),
    write: (writer, value) => writer.int64(asBigint(value)),
  },
  float64: {
    sizeBytesMin: 8,
    read: (reader) => reader.float64(),
    write: (writer, value) => writer.float64(asNumber(value)),
  },
  uuid: {
    sizeBytesMin: 16,
    read: (reader) => reader.uuid(),
    write: (writer, value) => writer.uuid(asString(value)),
  },
}

const stringCodec = (isCompact: boolean, allowsNull: boolean): Codec => ({
  sizeBytesMin: isCompact ? 1 : 2,
  read: allowsNull ? (reader) => reader.nullableString(isCompact) : (reader) => reader.string(isCompact),
  write: (writer, value) =>
    writer.nullableString(allowsNull && value === null ? null : asString(value), isCompact),
})

const bytesCodec = (isCompact: boolean, allowsNull: boolean): Codec => ({
  sizeBytesMin: isCompact ? 1 : 4,
  read: allowsNull ? (reader) => reader.nullableBytes(isCompact) : (reader) => reader.bytes(isCompact),
  write: (writer, value) =>
    writer.nullableBytes(allowsNull && value === null ? null : asBuffer(value), isCompact),
})

const recordsCodec = (isCompact: boolean): Codec => ({
  sizeBytesMin: isCompact ? 1 : 4,
  read: (reader) => reader.nullableBytes(isCompact),
  write: (writer, value) => {
    if (Array.isArray(value)) writer.joinedBytes(value.map(asBuffer), isCompact)
    else writer.nullableBytes(value === null ? null : asBuffer(value), isCompact)
  },
})

const arrayCodec = (element: Codec, isCompact: boolean, allowsNull: boolean): Codec => {
  if (element.sizeBytesMin < 1) throw new TypeError('an array element must take at least one byte')
  return {
    sizeBytesMin: isCompact ? 1 : 4,
    read: (reader) => {
      const count = reader.arrayLength(isCompact, element.sizeBytesMin)
      if (count === -1) {
        if (allowsNull) return null
        throw new ProtocolError('null', `null array before byte ${reader.position}, where none is allowed`)
      }
      const values: unknown[] = []
      for (let index = 0; index < count; index++) values.push(element.read(reader))
      return values
    },
    write: (writer, value) => {
      if (allowsNull && value === null) {
        writer.length(-1, isCompact)
        return
      }
      const values = asArray(value)
      writer.length(values.length, isCompact)
      for (const each of values) element.write(writer, each)
    },
  }
}

/** A struct that may be null is led by one byte: -1 for null, 1 for a value. */
const nullableStructCodec = (inner: Codec): Codec => ({
  sizeBytesMin: 1,
  read: (reader) => (reader.int8() < 0 ? null : inner.read(reader)),
  write: (writer, value) => {
    writer.int8(value === null ? -1 : 1)
    if (value !== null) inner.write(writer, value)
  },
})

type FieldCodec = {
  readonly name: string
  readonly codec: Codec
  readonly fallback: unknown
  readonly isRequired: boolean
}
type TaggedCodec = FieldCodec & { readonly tag: number; readonly fallbackBytes: Buffer }

const structCodec = (fields: readonly FieldShape[], version: number, isFlexible: boolean): Codec => {
  const present: FieldCodec[] = []
  const tagged: TaggedCodec[] = []
  const fallbacks: [string, unknown][] = []
  for (const field of fields) {
    const { since, until, tag } = field.presence
    const fallback = fallbackOf(field)
    const isPresent = version >= since && version <= until && (tag === null || isFlexible)
    if (!isPresent || tag !== null) fallbacks.push([field.name, fallback])
    if (!isPresent) continue
    const codec = compile(field.shape, version, isFlexible)
    const isRequired = field.presence.fallback === undefined
    const fieldCodec = { name: field.name, codec, fallback, isRequired }
    if (tag === null) present.push(fieldCodec)
    else tagged.push({ ...fieldCodec, tag, fallbackBytes: encodeAlone(codec, fallback) })
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const sizeBytesMin = present.reduce((sum, each) => sum + each.codec.sizeBytesMin, isFlexible ? 1 : 0)
  return {
    sizeBytesMin,
    read: structReader(present, tagged, fallbacks, isFlexible),
    write: structWriter(present, tagged, isFlexible),
  }
}

const structReader = (
  present: readonly FieldCodec[],
  tagged: readonly TaggedCodec[],
  fallbacks: readonly (readonly [string, unknown])[],
  isFlexible: boolean,
): Codec['read'] => {
  const byTag = new Map(tagged.map((each) => [each.tag, each]))
  return (reader) => {
    const value: Record<string, unknown> = {}
    for (const [name, fallback] of fallbacks) value[name] = fallback
    for (const { name, codec } of present) value[name] = codec.read(reader)
    if (isFlexible) {
      reader.taggedFields((tag, fieldReader) => {
        const field = byTag.get(tag)
        if (field === undefined) return
        value[field.name] = field.codec.read(fieldReader)
        if (fieldReader.remainingBytes > 0) {
          throw new ProtocolError('invalid', `tag ${tag} has ${fieldReader.remainingBytes} bytes too many`)
        }
      })
    }
    return value
  }
}

const structWriter = (
  present: readonly FieldCodec[],
  tagged: readonly TaggedCodec[],
  isFlexible: boolean,
): Codec['write'] => {
  return (writer, value) => {
    if (!isRecord(value)) return unfit('an object', value)
    for (const field of present) writeField(writer, field, value[field.name])
    if (isFlexible) writeTagged(writer, tagged, value)
  }
}

const writeField = (writer: Writer, field: FieldCodec, value: unknown): void => {
  if (value === undefined && field.isRequired) throw new TypeError(`the field '${field.name}' is missing`)
  try {
    field.codec.write(writer, value === undefined ? field.fallback : value)
  } catch (error) {
    // Every struct on the way up adds its field, so the message ends as the path to the value.
    if (error instanceof Error) error.message = `${field.name}: ${error.message}`
    throw error
  }
}

const encodeAlone = (codec: Codec, value: unknown): Buffer => {
  const writer = new Writer(64)
  codec.write(writer, value)
  return writer.toBuffer()
}

const writeTagged = (
  writer: Writer,
  tagged: readonly TaggedCodec[],
  value: Readonly<Record<string, unknown>>,
): void => {
  const written: [number, Buffer][] = []
  for (const { name, tag, codec, fallback, fallbackBytes } of tagged) {
    const fieldValue = value[name]
    if (fieldValue === undefined || fieldValue === fallback) continue
    const encoded = encodeAlone(codec, fieldValue)
    if (!encoded.equals(fallbackBytes)) written.push([tag, encoded])
  }
  writer.unsignedVarint(written.length)
  for (const [tag, encoded] of written) {
    writer.unsignedVarint(tag)
    writer.unsignedVarint(encoded.length)
    writer.append(encoded)
  }
}
