/**
 * ListGroups (key 16, v0-v5): all groups, by name.
 *
 * - v4 filters by state and tells it (KIP-518), v5 by type (KIP-848): all groups here are of type "classic". Filters
 *   ignore case; an empty one lets everything pass.
 */
import { errorCodes, ListGroups } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

const groupType = 'classic'

export const listGroups = defineRequest(ListGroups, async (request, { broker }) => {
  const listed = broker.groups
    .groups()
    .filter((group) => passes(request.statesFilter, group.phase) && passes(request.typesFilter, groupType))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
  return {
    errorCode: broker.groups.isAvailable ? errorCodes.NONE : errorCodes.COORDINATOR_NOT_AVAILABLE,
    groups: listed.map((group) => ({
      groupId: group.id,
      protocolType: group.protocolType ?? '',
      groupState: group.phase,
      groupType,
    })),
  }
})

const passes = (filter: readonly string[], value: string): boolean =>
  filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase())
