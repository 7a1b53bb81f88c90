/**
 * Every message table against the definitions that Apache Kafka's own classes are generated from: they are inside its jar.
 *
 * Field by field and version by version: name, type, whether null is allowed, tag; the last version that is stable.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type FieldShape, messages, type Shape } from '../../packages/kafka-protocol/src/index.ts'
import { findRealPart } from '../../tools/real-parts.ts'
import { describeWith } from '../support/requires.ts'

interface FieldDefinition {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly fields?: readonly FieldDefinition[]
}

interface Definition {
  readonly apiKey: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly latestVersionUnstable?: boolean
  readonly fields: readonly FieldDefinition[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldDefinition[] }[]
}

const endOfDirectory = 0x0605_4b50
const sizes = { endOfDirectory: 22, directoryEntry: 46, localHeader: 30 } as const

/** The texts of a jar (a zip without extensions) whose names match. */
const textsOf = (jar: Buffer, wanted: RegExp): Map<string, string> => {
  let end = jar.length - sizes.endOfDirectory
  while (jar.readUInt32LE(end) !== endOfDirectory) end--
  const texts = new Map<string, string>()
  let at = jar.readUInt32LE(end + 16)
  for (let left = jar.readUInt16LE(end + 10); left > 0; left--) {
    const nameBytes = jar.readUInt16LE(at + 28)
    const name = jar.toString('utf8', at + sizes.directoryEntry, at + sizes.directoryEntry + nameBytes)
    const found = wanted.exec(name)?.[1]
    if (found !== undefined) {
      const local = jar.readUInt32LE(at + 42)
      const start = local + sizes.localHeader + jar.readUInt16LE(local + 26) + jar.readUInt16LE(local + 28)
      const bytes = jar.subarray(start, start + jar.readUInt32LE(at + 20))
      texts.set(found, (jar.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes)).toString())
    }
    at += sizes.directoryEntry + nameBytes + jar.readUInt16LE(at + 30) + jar.readUInt16LE(at + 32)
  }
  return texts
}

const rangeOf = (versions: string): readonly [number, number] => {
  if (versions === 'none') return [Infinity, -1]
  const [first = '', last] = versions.replace('+', '-Infinity').split('-')
  return [Number(first), Number(last ?? first)]
}

const holds = (versions: string | undefined, version: number): boolean => {
  if (versions === undefined) return false
  const [first, last] = rangeOf(versions)
  return version >= first && version <= last
}

/** Kafka says `uint16`, `[]int32`, `[]Topic`, `Topic`; what a table says is brought to the same words. */
const layoutOfDefinition = (
  definition: Definition,
  fields: readonly FieldDefinition[],
  version: number,
): readonly unknown[] =>
  fields
    .filter((field) => holds(field.versions, version))
    .map((field) => {
      const isArray = field.type.startsWith('[]')
      const element = isArray ? field.type.slice(2) : field.type
      const inner =
        field.fields ?? definition.commonStructs?.find((each) => each.name === element)?.fields ?? null
      return {
        name: `${field.name[0]?.toLowerCase()}${field.name.slice(1)}`,
        type: `${isArray ? '[]' : ''}${inner === null ? element : 'struct'}`,
        isNullable: holds(field.nullableVersions, version),
        tag: holds(field.taggedVersions, version) ? field.tag : null,
        fields: inner === null ? [] : layoutOfDefinition(definition, inner, version),
      }
    })

const layoutOfTable = (fields: readonly FieldShape[], version: number, isFlexible: boolean): unknown[] =>
  fields
    .filter(
      ({ presence: { since, until, tag } }) =>
        version >= since && version <= until && (tag === null || isFlexible),
    )
    .map(({ name, shape, presence }) => {
      const isNullable = shape.kind === 'records' || (shape.kind === 'nullable' && version >= shape.since)
      const bare = shape.kind === 'nullable' ? shape.inner : shape
      const element = bare.kind === 'array' ? bare.element : bare
      return {
        name,
        type: `${bare.kind === 'array' ? '[]' : ''}${element.kind}`,
        isNullable,
        tag: presence.tag,
        fields: element.kind === 'struct' ? layoutOfTable(element.fields, version, isFlexible) : [],
      }
    })

const fieldsOf = (shape: Shape): readonly FieldShape[] => (shape.kind === 'struct' ? shape.fields : [])

describeWith(['apache-kafka'], 'the definitions inside the jar of Apache Kafka', () => {
  const folder = findRealPart('apache-kafka') ?? ''
  const jar = readdirSync(folder).find((file) => file.startsWith('kafka-clients-')) ?? ''
  const texts = textsOf(readFileSync(join(folder, jar)), /^common\/message\/(\w+)\.json$/)
  const definitionOf = (name: string): Definition =>
    JSON.parse((texts.get(name) ?? '').replaceAll(/^\s*\/\/.*$/gm, '')) as Definition

  test.each(messages.map((message) => ({ name: message.name, message })))(
    '$name is what they say',
    ({ name, message }) => {
      const request = definitionOf(`${name}Request`)
      const [first, last] = rangeOf(request.validVersions)
      expect(message.key).toBe(request.apiKey)
      expect(message.versionMax).toBe(request.latestVersionUnstable === true ? last - 1 : last)
      expect(message.versionMin).toBeGreaterThanOrEqual(first)
      const response = definitionOf(`${name}Response`)
      for (let version = message.versionMin; version <= message.versionMax; version++) {
        const isFlexible = holds(request.flexibleVersions, version)
        expect(message.isFlexible(version), `v${version} is flexible`).toBe(isFlexible)
        expect(
          { version, fields: layoutOfTable(fieldsOf(message.requestShape), version, isFlexible) },
          `request v${version}`,
        ).toEqual({ version, fields: layoutOfDefinition(request, request.fields, version) })
        expect(
          { version, fields: layoutOfTable(fieldsOf(message.responseShape), version, isFlexible) },
          `response v${version}`,
        ).toEqual({ version, fields: layoutOfDefinition(response, response.fields, version) })
      }
    },
  )
})
