/**
 * DescribeCluster (key 60, v0-v2): the brokers, the controller and the id of the cluster (KIP-700). There is one broker,
 * and it is the controller.
 *
 * - v1 can ask for controllers instead of brokers (KIP-919), which only a controller's own listener answers.
 */
import { DescribeCluster, errorCodes } from 'sluice-kafka-protocol'
import { advertisedAddress } from './03-metadata.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { defineRequest } from './define.ts'

const endpointTypes = { brokers: 1, controllers: 2 } as const

export const describeCluster = defineRequest(DescribeCluster, async (request, context) => {
  const { nodeId, clusterId } = context.broker
  const { endpointType } = request
  if (endpointType !== endpointTypes.brokers) {
    const isKnown = endpointType === endpointTypes.controllers
    return {
      errorCode: isKnown ? errorCodes.MISMATCHED_ENDPOINT_TYPE : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: isKnown
        ? 'This listener answers for brokers, not for controllers'
        : `There is no endpoint type ${endpointType}`,
      endpointType,
      clusterId,
      brokers: [],
    }
  }
  return {
    errorCode: errorCodes.NONE,
    errorMessage: null,
    endpointType,
    clusterId,
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, ...advertisedAddress(context) }],
    clusterAuthorizedOperations: authorizedOperations('cluster', request.includeClusterAuthorizedOperations),
  }
})
