/**
 * Starts the group coordinator of a broker: on the topics it has, with what it stored in them before.
 */
import type { Clock } from '../log/clock.ts'
import type { TopicRegistry } from '../log/topic-registry.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { GroupLimits } from './group-state.ts'
import { groupLimits } from './group-state.ts'
import { OffsetsLog } from './offsets-log.ts'

export interface OpenGroupsOptions {
  readonly topics: TopicRegistry
  readonly clock: Clock
  /** Something unique each time, such as a UUID. */
  readonly uniquePart: () => string
  readonly report: (line: string) => void
  /** What differs from the defaults. */
  readonly limits?: Partial<GroupLimits>
}

/** Settles when groups and committed offsets are there; to be awaited before the broker listens. */
export const openGroups = async (options: OpenGroupsOptions): Promise<GroupCoordinator> => {
  const { topics, clock, report, uniquePart } = options
  const limits = { ...groupLimits, ...options.limits }
  const topicExists = (topic: string): boolean => topics.get(topic) !== undefined
  const coordinator = new GroupCoordinator(
    { clock, uniquePart, limits, topicExists, report },
    (live) => new OffsetsLog({ topics, clock, live, report }),
  )
  await coordinator.load()
  return coordinator
}
