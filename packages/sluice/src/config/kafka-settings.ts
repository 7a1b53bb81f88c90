/** How an own Kafka cluster is reached: the settings, what must go together among them, and what they say. */
import { type TSchemaOptions, Type } from 'typebox'
import type { KafkaAccess, KafkaCertificates, KafkaSignIn } from '../flow/connector.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Report } from './findings.ts'
import { quoted } from './fit.ts'
import { entryOf, type Located } from './located.ts'
import { isSchemaNode, textOf } from './schema-nodes.ts'

export type KafkaSettings = Omit<KafkaAccess, 'clientId'>

const closed = { additionalProperties: false } as const

const optionalText = (description: string, more: TSchemaOptions = {}) =>
  Type.Optional(Type.String({ minLength: 1, description, ...more }))

const tlsSettings = Type.Object(
  {
    ca_file: optionalText(
      "PEM file with the authorities that brokers' certificates may come from; where left out, those that Node knows.",
      { examples: ['kafka-ca.pem'] },
    ),
    cert_file: optionalText('PEM file with the certificate of this client, for brokers that ask for one.'),
    key_file: optionalText('PEM file with the private key of that certificate.'),
    key_password: optionalText('Opens the private key, where it is encrypted.', { secret: true }),
    server_name: optionalText(
      "The name in the brokers' certificates, where it is not the one they are reached by.",
    ),
  },
  {
    ...closed,
    description:
      'With what certificates; the files are read at each connection, so that renewed ones are taken.',
  },
)

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws_msk_iam'] as const
type Mechanism = (typeof mechanisms)[number]

const saslSettings = Type.Object(
  {
    mechanism: Type.Union(
      mechanisms.map((name) => Type.Literal(name)),
      { description: 'How Sluice signs in.' },
    ),
    username: optionalText('Name to sign in with (`plain`, `scram-…`).'),
    password: optionalText('Secret to sign in with (`plain`, `scram-…`).', { secret: true }),
    password_file: optionalText(
      'File that holds it, instead: read at each sign-in, so that it may change while Sluice runs.',
    ),
    token_file: optionalText('File that holds a token, read at each sign-in (`oauthbearer`).'),
    token_url: optionalText('Address that gives tokens for client credentials, instead (`oauthbearer`).', {
      pattern: '^https?://',
      examples: ['https://login.example/oauth2/token'],
    }),
    client_id: optionalText('Who asks `token_url`.'),
    client_secret: optionalText('Secret of who asks `token_url`.', { secret: true }),
    scope: optionalText('What `token_url` is asked for.'),
    region: optionalText(
      "The cluster's region (`aws_msk_iam`); where left out, what brokers' names say, else `AWS_REGION`. Credentials come " +
        'from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.',
    ),
  },
  { ...closed, description: 'How Sluice signs in to the brokers.' },
)

export const kafkaSettings = Type.Object(
  {
    brokers: Type.Array(
      Type.String({
        pattern: '^(?:[^\\s:\\[\\]/]+|\\[[0-9A-Fa-f:]+\\]):\\d{1,5}$',
        examples: ['broker-1.example:9092'],
      }),
      {
        minItems: 1,
        description: 'Addresses of some brokers, each host:port; the others are learnt from them.',
      },
    ),
    tls: Type.Union([Type.Boolean(), tlsSettings], {
      default: false,
      description: 'Whether connections are encrypted; a mapping encrypts with certificates that it names.',
    }),
    sasl: Type.Optional(saslSettings),
  },
  { ...closed, description: 'An own cluster.' },
)

interface Needs {
  /** Of each list one, and only one. */
  readonly oneOf: readonly (readonly string[])[]
  readonly alsoTakes: readonly string[]
}

const byPassword: Needs = { oneOf: [['username'], ['password', 'password_file']], alsoTakes: [] }

const needsOf: Readonly<Record<Mechanism, Needs>> = {
  plain: byPassword,
  'scram-sha-256': byPassword,
  'scram-sha-512': byPassword,
  oauthbearer: {
    oneOf: [['token_file', 'token_url']],
    alsoTakes: ['client_id', 'client_secret', 'scope'],
  },
  aws_msk_iam: { oneOf: [], alsoTakes: ['region'] },
}

const isMechanism = (value: unknown): value is Mechanism => mechanisms.some((each) => each === value)

/** What an endpoint for tokens needs, and what nothing else does. */
const checkTokenEndpoint = (sasl: Located, report: Report): void => {
  const hasUrl = entryOf(sasl, 'token_url') !== undefined
  for (const name of ['client_id', 'client_secret', 'scope']) {
    const entry = entryOf(sasl, name)
    if (hasUrl && entry === undefined && name !== 'scope') {
      report.error(sasl.offset, `sasl lacks ${quoted(name)}`, `token_url wants client_id and client_secret`)
    }
    if (!hasUrl && entry !== undefined) {
      report.error(entry.keyOffset, `${name} means nothing without token_url`, 'leave it out')
    }
  }
}

const checkSasl = (sasl: Located, mechanism: Mechanism, report: Report): void => {
  const { oneOf, alsoTakes } = needsOf[mechanism]
  for (const names of oneOf) {
    const there = names.flatMap((name) => entryOf(sasl, name) ?? [])
    const shown = names.join(' or ')
    if (there.length === 0) report.error(sasl.offset, `sasl with ${mechanism} lacks ${shown}`, `add ${shown}`)
    const second = there[1]
    if (second !== undefined) report.error(second.keyOffset, `${shown}: one of them`, 'take the other out')
  }
  const known = ['mechanism', ...oneOf.flat(), ...alsoTakes]
  for (const { key, keyOffset } of sasl.kind === 'map' ? sasl.entries : []) {
    if (known.includes(key)) continue
    report.error(keyOffset, `${key} means nothing with ${mechanism}`, `it takes ${known.slice(1).join(', ')}`)
  }
  if (mechanism === 'oauthbearer') checkTokenEndpoint(sasl, report)
}

const checkCertificates = (tls: Located, readFile: (path: string) => string, report: Report): void => {
  const [cert, key] = [entryOf(tls, 'cert_file'), entryOf(tls, 'key_file')]
  if ((cert === undefined) !== (key === undefined)) {
    report.error(tls.offset, 'cert_file and key_file belong together', 'name both')
  }
  for (const name of ['ca_file', 'cert_file', 'key_file']) {
    const node = entryOf(tls, name)?.value
    if (node?.kind !== 'scalar' || typeof node.value !== 'string') continue
    try {
      readFile(node.value)
    } catch (error) {
      report.error(node.offset, `${name} cannot be read: ${messageOf(error)}`, 'check the path')
    }
  }
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):/
const saysSecrets: readonly Mechanism[] = ['plain', 'oauthbearer', 'aws_msk_iam']

/** What must go together. @param value what fits the schema */
export const checkKafka = (
  root: Located,
  value: unknown,
  readFile: (path: string) => string,
  report: Report,
): void => {
  if (!isSchemaNode(value)) return
  const node = entryOf(root, 'kafka')?.value
  const [tls, sasl] = [entryOf(node, 'tls')?.value, entryOf(node, 'sasl')?.value]
  if (tls?.kind === 'map') checkCertificates(tls, readFile, report)
  const mechanism = isSchemaNode(value['sasl']) ? value['sasl']['mechanism'] : undefined
  if (sasl === undefined || !isMechanism(mechanism)) return
  checkSasl(sasl, mechanism, report)
  const brokers = Array.isArray(value['brokers']) ? value['brokers'].map(String) : []
  if (
    value['tls'] === false &&
    saysSecrets.includes(mechanism) &&
    !brokers.every((each) => loopback.test(each))
  ) {
    const problem = `sasl with ${mechanism} without tls: whoever is in between can read the secret`
    report.warn(sasl.offset, problem, 'write tls: true')
  }
}

type PathOf = (path: string) => string

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const pathOrNull = (value: unknown, pathOf: PathOf): string | null =>
  typeof value === 'string' ? pathOf(value) : null

const certificatesOf = (tls: unknown, pathOf: PathOf): boolean | KafkaCertificates => {
  if (!isSchemaNode(tls)) return tls === true
  return {
    caFile: pathOrNull(tls['ca_file'], pathOf),
    certFile: pathOrNull(tls['cert_file'], pathOf),
    keyFile: pathOrNull(tls['key_file'], pathOf),
    keyPassword: textOrNull(tls['key_password']),
    serverName: textOrNull(tls['server_name']),
  }
}

const signInOf = (sasl: unknown, pathOf: PathOf): KafkaSignIn | null => {
  if (!isSchemaNode(sasl)) return null
  const { mechanism } = sasl
  if (!isMechanism(mechanism)) return null
  if (mechanism === 'aws_msk_iam') return { mechanism, region: textOrNull(sasl['region']) }
  if (mechanism === 'oauthbearer') {
    const file = pathOrNull(sasl['token_file'], pathOf)
    if (file !== null) return { mechanism, token: { file } }
    const token = {
      url: textOf(sasl['token_url']),
      clientId: textOf(sasl['client_id']),
      clientSecret: textOf(sasl['client_secret']),
      scope: textOrNull(sasl['scope']),
    }
    return { mechanism, token }
  }
  const file = pathOrNull(sasl['password_file'], pathOf)
  const password = file === null ? textOf(sasl['password']) : { file }
  return { mechanism, username: textOf(sasl['username']), password }
}

/** What was read. @param pathOf makes a path absolute that is relative to the configuration */
export const kafkaOf = (value: unknown, pathOf: PathOf): 'embedded' | KafkaSettings => {
  if (!isSchemaNode(value)) return 'embedded'
  const { brokers, tls, sasl } = value
  return {
    brokers: Array.isArray(brokers) ? brokers.map(String) : [],
    tls: certificatesOf(tls, pathOf),
    sasl: signInOf(sasl, pathOf),
  }
}
