/**
 * What settings belong to (KIP-133): the kinds of resource in DescribeConfigs, AlterConfigs and
 * IncrementalAlterConfigs.
 */
export const configResourceTypes = { topic: 2, broker: 4 } as const

/** Where a value comes from. */
export const configSources = { topic: 1, startOfBroker: 4, default: 5 } as const

/** A refusal that names its reason, for one resource. */
export interface ConfigRefusal {
  readonly errorCode: number
  readonly errorMessage: string
}
