/**
 * Which topics a consumer group reads, as far as its members' own words tell: the broker hands subscriptions from
 * members to their leader without looking, and looks only here, before it forgets offsets.
 */
import { decodeSubscription, ProtocolError } from 'sluice-kafka-protocol'
import type { Group } from './group-state.ts'
import { metadataFor } from './group-state.ts'

/** Topics of all members together; null when it cannot be known: no consumers, or words we do not understand. */
export const subscribedTopics = (group: Group): ReadonlySet<string> | null => {
  if (group.members.size === 0) return new Set()
  if (group.protocolType !== 'consumer' || group.protocolName === null) return null
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const subscribed = readTopics(metadataFor(member, group.protocolName))
    if (subscribed === null) return null
    for (const topic of subscribed) topics.add(topic)
  }
  return topics
}

const readTopics = (metadata: Buffer): readonly string[] | null => {
  try {
    return decodeSubscription(metadata).topics
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
