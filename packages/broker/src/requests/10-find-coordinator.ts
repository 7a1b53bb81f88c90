/**
 * FindCoordinator (key 10, v0-v6): who coordinates a group. With one broker, this one.
 *
 * - v1 also asks for the coordinator of a transactional id, which is this broker too; v4 asks for many at once; v6
 *   knows share groups, which this broker does not have.
 */
import { errorCodes, FindCoordinator } from 'sluice-kafka-protocol'
import { type Broker, type Connection, defineRequest } from './define.ts'

const keyTypes = { group: 0, transaction: 1 } as const
const manyKeysSince = 4

export const findCoordinator = defineRequest(FindCoordinator, async (request, context) => {
  const { broker, connection, apiVersion } = context
  const isKnown = request.keyType === keyTypes.group || request.keyType === keyTypes.transaction
  const answer = isKnown ? coordinator(broker, connection) : unknownKeyType(request.keyType)
  if (apiVersion < manyKeysSince) return answer
  return { ...answer, coordinators: request.coordinatorKeys.map((key) => ({ ...answer, key })) }
})

const coordinator = ({ nodeId, settings }: Broker, { localAddress, localPort }: Connection) => ({
  nodeId,
  ...(settings.advertised ?? { host: localAddress, port: localPort }),
  errorCode: errorCodes.NONE,
  errorMessage: null,
})

const unknownKeyType = (keyType: number) => ({
  nodeId: -1,
  host: '',
  port: -1,
  errorCode: errorCodes.INVALID_REQUEST,
  errorMessage: `This broker coordinates groups (0) and transactional ids (1), not key type ${keyType}`,
})
