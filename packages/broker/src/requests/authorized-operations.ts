/**
 * Which operations a client may do, as the bit fields of KIP-430: bit n stands for operation code n. As long as the
 * broker asks nobody for permission, everything that exists on the resource is allowed.
 */
import { operationsNotAsked } from 'sluice-kafka-protocol'

const operationCodes = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

type Operation = keyof typeof operationCodes

const bitField = (...operations: readonly Operation[]): number =>
  operations.reduce((bits, operation) => bits | (1 << operationCodes[operation]), 0)

const everyOperation = {
  cluster: bitField(
    'create',
    'alter',
    'describe',
    'clusterAction',
    'describeConfigs',
    'alterConfigs',
    'idempotentWrite',
  ),
  topic: bitField(
    'read',
    'write',
    'create',
    'delete',
    'alter',
    'describe',
    'describeConfigs',
    'alterConfigs',
  ),
} as const

/** The bit field to answer with; a request that did not ask gets the value that says so. */
export const authorizedOperations = (resource: keyof typeof everyOperation, isAsked: boolean): number =>
  isAsked ? everyOperation[resource] : operationsNotAsked
