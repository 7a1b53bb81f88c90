/** The options of the Kafka source, read into what group member and fetcher are told. */

import type { FetchOptions, GroupOptions } from 'sluice-kafka-client/parts'
import type { Static } from 'typebox'
import type { OpenContext } from '../../flow/connector.ts'
import { durationMsOf, sizeBytesOf } from '../options.ts'
import type { kafkaSourceOptions } from './definition.ts'

export type SourceOptions = Static<typeof kafkaSourceOptions>

/** Times in a row that one record set may be damaged before it is told. */
export const damagedTriesMax = 3
const topicCheckMs = 30_000
const rebalanceTimeoutMs = 60_000
const releaseMs = 30_000
const heartbeatsPerSession = 10
const heartbeatMsMax = 3_000
const requestBytesMax = 16 * 1024 * 1024

/** @throws fault OPTION_INVALID */
export const groupOptionsOf = (
  options: SourceOptions,
  context: OpenContext,
): GroupOptions & { readonly protocol: SourceOptions['group_protocol'] } => {
  const sessionTimeoutMs = durationMsOf('kafka', 'session_timeout', options.session_timeout)
  return {
    protocol: options.group_protocol,
    group: options.group ?? `${context.namespace}.${context.pipeline}`,
    topics: [options.topic],
    assignors: ['cooperative-sticky'],
    instanceId: null,
    rackId: null,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    heartbeatMs: Math.min(heartbeatMsMax, Math.ceil(sessionTimeoutMs / heartbeatsPerSession)),
    releaseMs,
    topicCheckMs,
  }
}

/** @throws fault OPTION_INVALID */
export const fetchOptionsOf = (options: SourceOptions): FetchOptions => ({
  isCommittedOnly: options.isolation === 'read_committed',
  waitMs: durationMsOf('kafka', 'wait', options.wait),
  requestBytesMax,
  partitionBytesMax: sizeBytesOf('kafka', 'batch_bytes', options.batch_bytes),
  prefetchBytesMax: sizeBytesOf('kafka', 'prefetch_bytes', options.prefetch_bytes),
})
