/**
 * DeleteGroups (key 42, v0-v2): deletes empty groups with their committed offsets.
 *
 * - Answers group by group: one in use (NON_EMPTY_GROUP) or missing (GROUP_ID_NOT_FOUND) never spoils the others.
 */
import { DeleteGroups, errorCodes } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

export const deleteGroups = defineRequest(DeleteGroups, async (request, { broker }) => ({
  results: await Promise.all(
    [...new Set(request.groupsNames)].map(async (groupId) => ({
      groupId,
      errorCode: errorCodes[await broker.groups.deleteGroup(groupId)],
    })),
  ),
}))
