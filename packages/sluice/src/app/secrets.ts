/** The secret values that a process knows: what its log must never show. */
import { readFileSync } from 'node:fs'
import { adminKeyFile } from '../api/principals.ts'
import type { Configuration } from '../config/configuration.ts'
import type { KafkaAccess } from '../flow/connector.ts'
import { passwordFileOf, type Settings } from './settings.ts'

const secretName = /password|passwd|secret|token|credential|_key$|database_url/i

const passwordIn = (url: string): string[] => {
  try {
    const { password } = new URL(url)
    return password === '' ? [] : [password, decodeURIComponent(password)]
  } catch {
    return []
  }
}

/** Texts in options of connectors whose names say that they are secret, and passwords in addresses. */
const secretsIn = (value: unknown, name = ''): string[] => {
  if (typeof value === 'string') return [...(secretName.test(name) ? [value] : []), ...passwordIn(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, key))
}

const fileText = (path: string): string[] => {
  try {
    return [readFileSync(path, 'utf8').trim()]
  } catch {
    return []
  }
}

const kafkaSecrets = ({ tls, sasl }: Pick<KafkaAccess, 'tls' | 'sasl'>): string[] => {
  const keyPassword = typeof tls === 'boolean' ? null : tls.keyPassword
  const known = keyPassword === null ? [] : [keyPassword]
  if (sasl === null || sasl.mechanism === 'aws_msk_iam') return known
  const secret = sasl.mechanism === 'oauthbearer' ? sasl.token : sasl.password
  if (typeof secret === 'string') return [...known, secret]
  return [...known, ...('file' in secret ? fileText(secret.file) : [secret.clientSecret])]
}

/** What the configuration, the environment and the files of the data directory hold. */
export const secretsOf = (
  configuration: Configuration,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): readonly string[] => [
  ...(configuration.kafka === 'embedded' ? [] : kafkaSecrets(configuration.kafka)),
  ...(configuration.database === 'embedded'
    ? []
    : [configuration.database.url, ...passwordIn(configuration.database.url)]),
  ...configuration.pipelines.flatMap(({ source, sink }) => [
    ...secretsIn(source.options),
    ...secretsIn(sink.options),
  ]),
  ...Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) ? [value, ...passwordIn(value)] : [],
  ),
  ...fileText(adminKeyFile(settings.directory)),
  ...fileText(passwordFileOf(settings.directory)),
]
