/**
 * The ways to sign in, as options.
 *
 * Secrets may be functions: they are asked at each sign-in, also at the ones that prolong a session (KIP-368), so that
 * secrets which changed meanwhile are taken. Nothing in here is ever part of an error.
 */
import { randomBytes } from 'node:crypto'
import { KafkaError } from '../../errors/kafka-error.ts'
import { awsCredentialsIn, awsRegionIn } from './aws-environment.ts'
import { type AwsCredentials, mskIamExchange, regionOfHost } from './aws-msk-iam.ts'
import type { BeginExchange, SaslMechanism } from './mechanism.ts'
import { type OAuthToken, oauthBearerExchange } from './oauthbearer.ts'
import { plainExchange } from './plain.ts'
import { scramExchange } from './scram.ts'

/** Gives a secret. The signal aborts when nobody waits for it any more. */
export type SecretSource<Secret> = (signal: AbortSignal) => Secret | Promise<Secret>

export interface PasswordSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string | SecretSource<string>
}

export interface TokenSasl {
  readonly mechanism: 'OAUTHBEARER'
  readonly token: SecretSource<string | OAuthToken>
}

export interface MskIamSasl {
  readonly mechanism: 'AWS_MSK_IAM'
  /** Where left out: what the broker's name says, else the environment (AWS_REGION). */
  readonly region?: string
  /** Where left out: the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN). */
  readonly credentials?: SecretSource<AwsCredentials>
}

export type Sasl = PasswordSasl | TokenSasl | MskIamSasl

const nonceBytes = 24
const userAgent = 'sluice-kafka-client'

const missing = (what: string): never => {
  throw new KafkaError('CREDENTIALS_MISSING', 'AWS_MSK_IAM', what)
}

const beginByPassword = ({ mechanism, username, password }: PasswordSasl): BeginExchange => {
  const passwordNow = async (signal: AbortSignal): Promise<string> =>
    typeof password === 'string' ? password : await password(signal)
  if (mechanism === 'PLAIN') {
    return async (_host, signal) => plainExchange(username, await passwordNow(signal))
  }
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
  return async (_host, signal) => {
    const nonce = randomBytes(nonceBytes).toString('base64url')
    return scramExchange({ hash, username, password: await passwordNow(signal), nonce })
  }
}

const beginByToken =
  ({ token }: TokenSasl): BeginExchange =>
  async (_host, signal) => {
    const given = await token(signal)
    return oauthBearerExchange(typeof given === 'string' ? { value: given } : given)
  }

const beginByAws =
  ({ region, credentials }: MskIamSasl): BeginExchange =>
  async (host, signal) =>
    mskIamExchange({
      host,
      region:
        region ??
        regionOfHost(host) ??
        awsRegionIn(process.env) ??
        missing('no region: set AWS_REGION, or name it'),
      credentials:
        (await credentials?.(signal)) ??
        awsCredentialsIn(process.env) ??
        missing('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set'),
      userAgent,
      at: Date.now(),
    })

/** @throws KafkaError OPTION_INVALID for a mechanism that is none of these */
export const mechanismOf = (sasl: Sasl): SaslMechanism => {
  switch (sasl.mechanism) {
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return { name: sasl.mechanism, begin: beginByPassword(sasl) }
    case 'OAUTHBEARER':
      return { name: sasl.mechanism, begin: beginByToken(sasl) }
    case 'AWS_MSK_IAM':
      return { name: sasl.mechanism, begin: beginByAws(sasl) }
    default: {
      const { mechanism }: { readonly mechanism: unknown } = sasl
      throw new KafkaError('OPTION_INVALID', 'sasl.mechanism', `'${String(mechanism)}' is none that is known`)
    }
  }
}
