/**
 * An Apache Kafka with every door that a client may have to open: TLS, TLS for clients that show a certificate, and SASL
 * over TLS with PLAIN, SCRAM and OAUTHBEARER, whose sessions last for some seconds only.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ApacheKafka, startApacheKafka } from '../support/apache-kafka.ts'
import { type Authority, newAuthority } from '../support/certificates.ts'
import { testFolder } from '../support/folder.ts'
import { freePorts } from '../support/part.ts'

export interface SecureKafka extends AsyncDisposable {
  readonly kafka: ApacheKafka
  /** Signed the broker's certificate, and is the one whose clients are let in. */
  readonly authority: Authority
  readonly plain: string
  readonly tls: string
  readonly mutualTls: string
  readonly sasl: string
  /** A token that the broker takes. @param seconds how long it lasts; less than 0: it ended already */
  token(subject: string, seconds: number): string
}

/** The least that a session may be without tests depending on how busy the machine is. */
export const sessionMs = 4_000
/** Passwords are what they are, to the byte: prepared (SASLprep), this one would be another. Names for SCRAM are ASCII in Kafka. */
export const users = {
  plain: { username: 'admin', password: 'secret-of-admin' },
  scram: { username: 'al=ice', password: 'wönder=ª ﬁ' },
  changing: { username: 'carol', password: 'one-password' },
} as const

const login = {
  plain: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  scram: 'org.apache.kafka.common.security.scram.ScramLoginModule',
  token: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
} as const
const tokenValidator = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler'
const audience = 'kafka'
const keyId = 'test'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const startSecureKafka = async (): Promise<SecureKafka> => {
  const folder = testFolder('secure-kafka')
  const authority = newAuthority()
  const broker = authority.issue('broker', ['127.0.0.1', 'kafka.test'])
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = (name: string, text: string): string => {
    const path = join(folder.path, name)
    writeFileSync(path, text)
    return path
  }
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig' }] }
  const keysUrl = pathToFileURL(file('keys.json', JSON.stringify(keys))).href.replace('file:///', 'file:/')
  const [tls = 0, mutualTls = 0, sasl = 0] = await freePorts(3)
  const door = 'listener.name.sasl'
  const kafka = await startApacheKafka({
    listeners: [
      { name: 'TLS', protocol: 'SSL', port: tls },
      { name: 'MUTUAL', protocol: 'SSL', port: mutualTls },
      { name: 'SASL', protocol: 'SASL_SSL', port: sasl },
    ],
    scram: [users.scram, users.changing].flatMap(({ username, password }) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => ({ mechanism, name: username, password })),
    ),
    jvm: [
      '-Xms256m',
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dfile.encoding=UTF-8',
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keysUrl}`,
    ],
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': file('broker.pem', `${broker.key}${broker.cert}`),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': file('ca.pem', authority.ca),
      'listener.name.mutual.ssl.client.auth': 'required',
      [`${door}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      [`${door}.plain.sasl.jaas.config`]: `${login.plain} required user_admin="${users.plain.password}";`,
      [`${door}.scram-sha-256.sasl.jaas.config`]: `${login.scram} required;`,
      [`${door}.scram-sha-512.sasl.jaas.config`]: `${login.scram} required;`,
      [`${door}.oauthbearer.sasl.jaas.config`]: `${login.token} required;`,
      [`${door}.oauthbearer.sasl.server.callback.handler.class`]: tokenValidator,
      'sasl.oauthbearer.jwks.endpoint.url': keysUrl,
      'sasl.oauthbearer.expected.audience': audience,
      'sasl.oauthbearer.clock.skew.seconds': 0,
      'connections.max.reauth.ms': sessionMs,
    },
  })
  return {
    kafka,
    authority,
    plain: kafka.address,
    tls: `127.0.0.1:${tls}`,
    mutualTls: `127.0.0.1:${mutualTls}`,
    sasl: `127.0.0.1:${sasl}`,
    token: (subject, seconds) => {
      const now = Math.floor(Date.now() / 1_000)
      const head = encoded({ alg: 'RS256', typ: 'JWT', kid: keyId })
      const from = Math.min(now, now + seconds) - 1
      const body = encoded({ sub: subject, aud: audience, scope: 'all', iat: from, exp: now + seconds })
      const signature = sign('sha256', Buffer.from(`${head}.${body}`), privateKey).toString('base64url')
      return `${head}.${body}.${signature}`
    },
    [Symbol.asyncDispose]: async () => {
      await kafka.stop()
      folder[Symbol.dispose]()
    },
  }
}
