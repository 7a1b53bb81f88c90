/** Access rules of a cluster: who may do what with which resource. */
import { CreateAcls, DeleteAcls, DescribeAcls } from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'

/** Kafka's numbers (KIP-11, KIP-290, KIP-373, KIP-939). */
const resources = { topic: 2, group: 3, cluster: 4, transactionalId: 5, delegationToken: 6, user: 7 } as const
const patterns = { literal: 3, prefixed: 4 } as const
const operations = {
  all: 2,
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
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const
const permissions = { deny: 2, allow: 3 } as const
const any = 1

export interface AclRule {
  readonly resource: keyof typeof resources
  /** `*` as a literal means every name. */
  readonly name: string
  readonly pattern: keyof typeof patterns
  /** Such as `User:alice`; `User:*` is everybody. */
  readonly principal: string
  /** Address; `*` is everywhere. */
  readonly host: string
  readonly operation: keyof typeof operations
  readonly permission: keyof typeof permissions
}

/** What is left out matches everything. */
export type AclFilter = Partial<AclRule>

const nameOf = <Name extends string>(table: Readonly<Record<Name, number>>, code: number): Name | null => {
  for (const name in table) if (table[name] === code) return name
  return null
}

interface Coded {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** null for a rule of a kind that this client does not know. */
const ruleOf = (coded: Coded): AclRule | null => {
  const resource = nameOf(resources, coded.resourceType)
  const pattern = nameOf(patterns, coded.patternType)
  const operation = nameOf(operations, coded.operation)
  const permission = nameOf(permissions, coded.permissionType)
  if (resource === null || pattern === null || operation === null || permission === null) return null
  const { resourceName: name, principal, host } = coded
  return { resource, name, pattern, principal, host, operation, permission }
}

const filterOf = (filter: AclFilter) => ({
  resourceTypeFilter: filter.resource === undefined ? any : resources[filter.resource],
  resourceNameFilter: filter.name ?? null,
  patternTypeFilter: filter.pattern === undefined ? any : patterns[filter.pattern],
  principalFilter: filter.principal ?? null,
  hostFilter: filter.host ?? null,
  operation: filter.operation === undefined ? any : operations[filter.operation],
  permissionType: filter.permission === undefined ? any : permissions[filter.permission],
})

/** @throws KafkaError NOT_AUTHORIZED; BROKER_REFUSED where the cluster keeps no rules */
export const describeAcls = async (cluster: KafkaCluster, filter: AclFilter): Promise<readonly AclRule[]> => {
  const answer = await cluster.ask(DescribeAcls, filterOf(filter))
  throwOn(answer.errorCode, 'access rules', answer.errorMessage)
  return answer.resources.flatMap((resource) =>
    resource.acls.flatMap((acl) => ruleOf({ ...resource, ...acl }) ?? []),
  )
}

/** All of them are tried. @throws KafkaError for the first that was refused */
export const createAcls = async (cluster: KafkaCluster, rules: readonly AclRule[]): Promise<void> => {
  if (rules.length === 0) return
  const answer = await cluster.askController(CreateAcls, {
    creations: rules.map((rule) => ({
      resourceType: resources[rule.resource],
      resourceName: rule.name,
      resourcePatternType: patterns[rule.pattern],
      principal: rule.principal,
      host: rule.host,
      operation: operations[rule.operation],
      permissionType: permissions[rule.permission],
    })),
  })
  for (const [i, { errorCode, errorMessage }] of answer.results.entries()) {
    throwOn(errorCode, `access rule for ${rules[i]?.principal ?? ''}`, errorMessage)
  }
}

/**
 * Removes every rule that matches; resolves to what was removed.
 * @throws KafkaError OPTION_INVALID for a filter that names nothing: it would remove all rules of the cluster
 */
export const deleteAcls = async (cluster: KafkaCluster, filter: AclFilter): Promise<readonly AclRule[]> => {
  if (Object.values(filter).every((value) => value === undefined)) {
    throw new KafkaError(
      'OPTION_INVALID',
      'filter',
      'it names nothing, and would remove every rule of the cluster',
    )
  }
  const answer = await cluster.askController(DeleteAcls, { filters: [filterOf(filter)] })
  const [result] = answer.filterResults
  throwOn(result?.errorCode ?? -1, 'access rules', result?.errorMessage)
  return (result?.matchingAcls ?? []).flatMap((acl) => {
    throwOn(acl.errorCode, `access rule for ${acl.principal}`, acl.errorMessage)
    return ruleOf(acl) ?? []
  })
}
