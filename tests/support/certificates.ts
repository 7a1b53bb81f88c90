/**
 * Certificates for tests: an authority of their own, and what it signs. X.509 version 3 with P-256 keys, written as DER by
 * hand (RFC 5280), so that no tool has to be there.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Identity {
  /** In PEM. */
  readonly cert: string
  /** In PEM, PKCS #8. */
  readonly key: string
}

export interface Authority {
  /** The authority's own certificate, in PEM. */
  readonly ca: string
  /** @param names host names and addresses that the certificate holds @param days how long it lasts; less than 0: it ended already */
  issue(commonName: string, names: readonly string[], days?: number): Identity
}

const tag = { integer: 2, bits: 3, octets: 4, id: 6, utf8: 12, utcTime: 23, sequence: 48, set: 49 } as const
const oid = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
} as const

const sizeOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.of(bytes)
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff)
}

const der = (kind: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(kind), sizeOf(content.length), content])
}

const id = (hex: string): Buffer => der(tag.id, Buffer.from(hex, 'hex'))
const algorithm = der(tag.sequence, id(oid.ecdsaWithSha256))

const named = (commonName: string): Buffer =>
  der(
    tag.sequence,
    der(tag.set, der(tag.sequence, id(oid.commonName), der(tag.utf8, Buffer.from(commonName)))),
  )

const time = (at: Date): Buffer =>
  der(
    tag.utcTime,
    Buffer.from(
      `${at
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  )

const altName = (name: string): Buffer => {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)))
  return der(0x82, Buffer.from(name))
}

const extension = (which: string, value: Buffer): Buffer =>
  der(tag.sequence, id(which), der(tag.octets, value))

const pem = (kind: string, bytes: Buffer): string =>
  `-----BEGIN ${kind}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${kind}-----\n`

const dayMs = 86_400_000

interface Request {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly extensions: readonly Buffer[]
  readonly days: number
}

const certificate = ({ subject, issuer, publicKey, signer, extensions, days }: Request): string => {
  const end = Date.now() + days * dayMs
  const from = Math.min(Date.now(), end) - dayMs
  const body = der(
    tag.sequence,
    der(0xa0, der(tag.integer, Buffer.of(2))),
    der(tag.integer, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    named(issuer),
    der(tag.sequence, time(new Date(from)), time(new Date(end))),
    named(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(tag.sequence, ...extensions)),
  )
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', body, signer)])
  return pem('CERTIFICATE', der(tag.sequence, body, algorithm, der(tag.bits, signature)))
}

const newKey = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A new authority, which nobody else knows. */
export const newAuthority = (name = 'Test authority'): Authority => {
  const own = newKey()
  const isAuthority = extension(oid.basicConstraints, der(tag.sequence, der(1, Buffer.of(0xff))))
  return {
    ca: certificate({
      subject: name,
      issuer: name,
      publicKey: own.publicKey,
      signer: own.privateKey,
      extensions: [isAuthority],
      days: 30,
    }),
    issue: (commonName, names, days = 30) => {
      const { publicKey, privateKey } = newKey()
      const alternatives =
        names.length === 0 ? [] : [extension(oid.subjectAltName, der(tag.sequence, ...names.map(altName)))]
      const notAuthority = extension(oid.basicConstraints, der(tag.sequence))
      const cert = certificate({
        subject: commonName,
        issuer: name,
        publicKey,
        signer: own.privateKey,
        extensions: [notAuthority, ...alternatives],
        days,
      })
      return { cert, key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })) }
    },
  }
}
