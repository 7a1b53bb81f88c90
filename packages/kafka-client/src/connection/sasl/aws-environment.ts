/**
 * AWS credentials and region from the environment, and from nowhere else: no files, no network, so no surprise.
 *
 * Whoever has a profile, a role or a container brings a function instead.
 */
import type { AwsCredentials } from './aws-msk-iam.ts'

type Environment = Readonly<Record<string, string | undefined>>

const textIn = (environment: Environment, name: string): string | undefined => {
  const text = environment[name]?.trim()
  return text === '' ? undefined : text
}

/** undefined where the environment has none. */
export const awsCredentialsIn = (environment: Environment): AwsCredentials | undefined => {
  const accessKeyId = textIn(environment, 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = textIn(environment, 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = textIn(environment, 'AWS_SESSION_TOKEN')
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

export const awsRegionIn = (environment: Environment): string | undefined =>
  textIn(environment, 'AWS_REGION') ?? textIn(environment, 'AWS_DEFAULT_REGION')
