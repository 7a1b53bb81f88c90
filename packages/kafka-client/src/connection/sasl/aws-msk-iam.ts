/**
 * AWS_MSK_IAM: Amazon MSK's own mechanism. The client says who it is by a request to AWS that it signs and never sends.
 *
 * - The payload is what a presigned `GET https://<broker>/?Action=kafka-cluster:Connect` would have as parameters, as JSON
 *   (Signature Version 4; the format is told in the README of aws-msk-iam-auth).
 * - The secret key signs only; it is never said.
 */
import { createHash, createHmac } from 'node:crypto'
import { type SaslExchange, SaslProblem } from './mechanism.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of credentials that end. */
  readonly sessionToken?: string
}

export interface MskIamRequest {
  /** The broker, without port. */
  readonly host: string
  readonly region: string
  readonly credentials: AwsCredentials
  readonly userAgent: string
  /** Milliseconds since the epoch: when it is signed. */
  readonly at: number
}

const service = 'kafka-cluster'
const action = `${service}:Connect`
const algorithm = 'AWS4-HMAC-SHA256'
/** Longest life of a signature that brokers take. */
const expiresInSeconds = 900

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const keyed = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** RFC 3986: everything but unreserved characters, which encodeURIComponent nearly does. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const signingKey = (secret: string, day: string, region: string): Buffer =>
  keyed(keyed(keyed(keyed(`AWS4${secret}`, day), region), service), 'aws4_request')

/** The parameters of the signed request, by their names in lower case, with what Amazon wants beside them. */
export const mskIamPayload = ({
  host,
  region,
  credentials,
  userAgent,
  at,
}: MskIamRequest): Readonly<Record<string, string>> => {
  const time = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  const parameters = {
    Action: action,
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresInSeconds),
    ...(credentials.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  }
  const query = Object.entries(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&')
  const request = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')].join('\n')
  const signed = [algorithm, time, scope, sha256(request)].join('\n')
  const signature = keyed(signingKey(credentials.secretAccessKey, day, region), signed).toString('hex')
  const said = Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    version: '2020_10_22',
    host,
    'user-agent': userAgent,
    ...Object.fromEntries(said),
    'x-amz-signature': signature,
  }
}

const regionInHost = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/

/** The region that the name of an MSK broker holds; undefined for other names. */
export const regionOfHost = (host: string): string | undefined => regionInHost.exec(host.toLowerCase())?.[1]

export const mskIamExchange = (request: MskIamRequest): SaslExchange => ({
  first: Buffer.from(JSON.stringify(mskIamPayload(request))),
  secrets: [request.credentials.secretAccessKey, request.credentials.sessionToken ?? ''],
  answer: (fromBroker) => {
    // A broker that accepts says so in JSON; one that refuses ends the exchange with an error.
    if (fromBroker.length > 0) return Promise.resolve(null)
    return Promise.reject(new SaslProblem('the broker ended the exchange without a word'))
  },
})
