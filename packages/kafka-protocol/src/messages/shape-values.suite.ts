/** Makes arbitrary values of any table, so that one test covers every message in every version. */
import fc from 'fast-check'
import type { FieldShape, Shape } from '../codec/shapes.ts'
import { fallbackOf, zeroUuid } from '../codec/shapes.ts'

const uuids = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'))
const buffers = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
const strings = fc.oneof(fc.constant(''), fc.string({ maxLength: 12 }), fc.constant('ünï©ödé 🎏'))

/** Values that survive a round trip in this version: absent fields have their fallback. */
export const valuesOf = (shape: Shape, version: number, isFlexible: boolean): fc.Arbitrary<unknown> => {
  switch (shape.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f })
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff })
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff })
    case 'int32':
      return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffff_ffff })
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      return fc.double({ noNaN: true })
    case 'uuid':
      return fc.oneof(uuids, fc.constant(zeroUuid))
    case 'string':
      return strings
    case 'bytes':
      return buffers
    case 'records':
      return fc.option(buffers)
    case 'nullable': {
      const inner = valuesOf(shape.inner, version, isFlexible)
      return version >= shape.since ? fc.option(inner) : inner
    }
    case 'array':
      return fc.array(valuesOf(shape.element, version, isFlexible), { maxLength: 3 })
    case 'struct':
      return fc.record(
        Object.fromEntries(
          shape.fields.map((field) => [field.name, valuesOfField(field, version, isFlexible)]),
        ),
        { noNullPrototype: true },
      )
  }
}

const valuesOfField = (field: FieldShape, version: number, isFlexible: boolean): fc.Arbitrary<unknown> => {
  const { since, until, tag } = field.presence
  const isPresent = version >= since && version <= until && (tag === null || isFlexible)
  return isPresent ? valuesOf(field.shape, version, isFlexible) : fc.constant(fallbackOf(field))
}
