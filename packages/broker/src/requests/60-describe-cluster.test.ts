import { DescribeCluster, errorCodes, operationsNotAsked } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { describeCluster } from './60-describe-cluster.ts'
import { ask, clusterId, nodeId, rigWith, settings } from './admin-rig.suite.ts'

const request = { includeClusterAuthorizedOperations: false, includeFencedBrokers: false }

test.each([{ version: 0 }, { version: 1 }, { version: 2 }])(
  'v$version shows this broker at the address the client came to',
  async ({ version }) => {
    const asked = request
    const answer = await ask(describeCluster, DescribeCluster, version, asked, rigWith().broker)
    expect(answer).toMatchObject({
      errorCode: 0,
      clusterId,
      controllerId: nodeId,
      clusterAuthorizedOperations: operationsNotAsked,
      brokers: [{ brokerId: nodeId, host: '127.0.0.1', port: 9092, rack: null, isFenced: false }],
    })
  },
)

test('a configured address goes before the one of the connection', async () => {
  const advertised = { host: 'events.example', port: 19_092 }
  const broker = { ...rigWith().broker, settings: { ...settings, advertised } }
  const answer = await ask(describeCluster, DescribeCluster, 0, request, broker)
  expect(answer.brokers).toMatchObject([advertised])
})

test('allowed operations are told to whoever asks', async () => {
  const asked = { ...request, includeClusterAuthorizedOperations: true }
  const answer = await ask(describeCluster, DescribeCluster, 0, asked, rigWith().broker)
  // Create, alter, describe, cluster action, describe configs, alter configs, idempotent write: bits 5 and 7 to 12.
  expect(answer.clusterAuthorizedOperations).toBe(0b1_1111_1010_0000)
})

test.each([
  { endpointType: 2, error: errorCodes.MISMATCHED_ENDPOINT_TYPE },
  { endpointType: 9, error: errorCodes.UNSUPPORTED_ENDPOINT_TYPE },
])('endpoint type $endpointType is refused', async ({ endpointType, error }) => {
  const answer = await ask(
    describeCluster,
    DescribeCluster,
    1,
    { ...request, endpointType },
    rigWith().broker,
  )
  expect(answer).toMatchObject({ errorCode: error, brokers: [] })
})
