/** Opens the client on a cluster as the configuration names it. */
import { readFile } from 'node:fs/promises'
import {
  clientCredentials,
  KafkaCluster,
  KafkaError,
  type Sasl,
  type TlsSource,
} from 'sluice-kafka-client/parts'
import type { KafkaAccess, KafkaCertificates, KafkaSignIn } from '../../../flow/connector.ts'
import { messageOf } from '../../../kernel/faults/index.ts'

const passwordMechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const

/** @throws KafkaError, which names the file */
const textOf = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new KafkaError('CREDENTIALS_MISSING', file, messageOf(error), error)
  }
}

const saslOf = (signIn: KafkaSignIn): Sasl => {
  switch (signIn.mechanism) {
    case 'oauthbearer': {
      const { token } = signIn
      if ('file' in token) return { mechanism: 'OAUTHBEARER', token: () => textOf(token.file) }
      const { scope, ...from } = token
      const source = clientCredentials({ ...from, ...(scope === null ? {} : { scope }) })
      return { mechanism: 'OAUTHBEARER', token: source }
    }
    case 'aws_msk_iam':
      return { mechanism: 'AWS_MSK_IAM', ...(signIn.region === null ? {} : { region: signIn.region }) }
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512': {
      const { mechanism, username, password } = signIn
      return {
        mechanism: passwordMechanisms[mechanism],
        username,
        password: typeof password === 'string' ? password : () => textOf(password.file),
      }
    }
  }
}

const tlsOf =
  ({ caFile, certFile, keyFile, keyPassword, serverName }: KafkaCertificates): TlsSource =>
  async () => ({
    ...(caFile === null ? {} : { ca: await readFile(caFile) }),
    ...(certFile === null ? {} : { cert: await readFile(certFile) }),
    ...(keyFile === null ? {} : { key: await readFile(keyFile) }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
    ...(serverName === null ? {} : { servername: serverName }),
  })

/** Nothing is connected before it is used. */
export const openCluster = ({ brokers, clientId, tls, sasl }: KafkaAccess): KafkaCluster =>
  new KafkaCluster({
    brokers,
    clientId,
    tls: typeof tls === 'boolean' ? tls : tlsOf(tls),
    sasl: sasl === null ? null : saslOf(sasl),
  })
