import { describe, expect, test } from 'vitest'
import { awsCredentialsIn, awsRegionIn } from './aws-environment.ts'
import { mskIamExchange, mskIamPayload, regionOfHost } from './aws-msk-iam.ts'

const request = {
  host: 'b-1.example.abc123.c2.kafka.eu-central-1.amazonaws.com',
  region: 'eu-central-1',
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  },
  userAgent: 'test',
  at: Date.UTC(2026, 10, 21, 12, 34, 56, 789),
}

// The signatures are those of botocore 1.43 (SigV4QueryAuth) for the same request at the same second.
test.each([
  {
    says: 'of a user',
    sessionToken: undefined,
    signature: '8569f9e458de8a0631e77214f03ed815b919e9aced1d9a1646dd77baaead8444',
  },
  {
    says: 'of a role',
    sessionToken: 'Fwo/GXIvYXdzEJr+token==',
    signature: '8984feb75a085282b9d5c84356c461a93c540986a90d426ab4f248ed4f90ce6b',
  },
])('the payload $says is signed as AWS signs', ({ sessionToken, signature }) => {
  const credentials = { ...request.credentials, ...(sessionToken === undefined ? {} : { sessionToken }) }
  expect(mskIamPayload({ ...request, credentials })).toStrictEqual({
    version: '2020_10_22',
    host: request.host,
    'user-agent': 'test',
    action: 'kafka-cluster:Connect',
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': 'AKIDEXAMPLE/20261121/eu-central-1/kafka-cluster/aws4_request',
    'x-amz-date': '20261121T123456Z',
    'x-amz-expires': '900',
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    'x-amz-signedheaders': 'host',
    'x-amz-signature': signature,
  })
})

test('the exchange says the payload, never the secret key, and ends with any word of the broker', async () => {
  const exchange = mskIamExchange(request)
  expect(JSON.parse(exchange.first.toString())).toStrictEqual(mskIamPayload(request))
  expect(exchange.first.toString()).not.toContain(request.credentials.secretAccessKey)
  expect(await exchange.answer(Buffer.from('{"version":"2020_10_22","request-id":"1"}'))).toBeNull()
  await expect(mskIamExchange(request).answer(Buffer.alloc(0))).rejects.toThrow('without a word')
})

test.each([
  ['b-1.name.abc123.c2.kafka.us-east-1.amazonaws.com', 'us-east-1'],
  ['boot-abc.c1.kafka-serverless.AP-SOUTHEAST-2.amazonaws.com', 'ap-southeast-2'],
  ['b-1.name.abc123.c2.kafka.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['broker.example', undefined],
  ['b-1.kafka.us-east-1.amazonaws.com.example', undefined],
])('the region of %s is %s', (host, region) => {
  expect(regionOfHost(host)).toBe(region)
})

describe('the environment', () => {
  test.each([
    { says: 'nothing', environment: {}, expected: undefined },
    { says: 'half of them', environment: { AWS_ACCESS_KEY_ID: 'a' }, expected: undefined },
    {
      says: 'empty ones',
      environment: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: ' ' },
      expected: undefined,
    },
    {
      says: "a user's",
      environment: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: '' },
      expected: { accessKeyId: 'a', secretAccessKey: 'b' },
    },
    {
      says: "a role's",
      environment: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b\n', AWS_SESSION_TOKEN: 'c' },
      expected: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    },
  ])('holds $says', ({ environment, expected }) => {
    expect(awsCredentialsIn(environment)).toStrictEqual(expected)
  })

  test('names the region, the newer name first', () => {
    expect(awsRegionIn({ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' })).toBe('a')
    expect(awsRegionIn({ AWS_DEFAULT_REGION: 'b' })).toBe('b')
    expect(awsRegionIn({})).toBeUndefined()
  })
})
