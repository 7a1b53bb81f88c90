/** Consumer groups: who reads, how far, whether that is fast enough, and moving where they read on. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import {
  anyTopicName,
  count,
  dryRun,
  groupName,
  list,
  nullable,
  offset,
  strict,
  timestamp,
} from './schemas.ts'

const all = { kind: 'group', name: null } as const
const one = { kind: 'group', name: { in: 'params', field: 'name' } } as const

const params = strict({ name: groupName })

export const groupStates = ['stable', 'rebalancing', 'empty', 'dead', 'unknown'] as const

export const lagVerdicts = ['keeping_up', 'falling_behind', 'stalled', 'idle', 'unknown'] as const

const seconds = nullable(Type.Number({ minimum: 0 }))

const secondsOfLag = {
  ...seconds,
  description: 'Age of the oldest message that waits; 0 when none does, null where unknown.',
}

const summaryFields = {
  name: Type.String(),
  state: Type.Enum(groupStates, { description: '`empty`: nobody reads now, its offsets are kept.' }),
  protocol: nullable(Type.String(), 'How members share out partitions, as they call it.'),
  members: count,
  topics: Type.Array(Type.String(), { description: 'Topics it reads or has committed offsets of.' }),
  lag: nullable(
    strict({
      records: Type.Integer({ minimum: 0, description: 'Offsets between what is committed and the end.' }),
      seconds: secondsOfLag,
    }),
    'null where it has committed nothing.',
  ),
  verdict: Type.Enum(lagVerdicts, {
    description:
      '`falling_behind`: reads slower than is written, or too slowly to read all before it is deleted; `stalled`: messages wait and nothing is committed; `idle`: nobody reads; `unknown`: not watched for long enough.',
  }),
  verdict_text: Type.String({ description: 'The verdict in a sentence, with its figures.' }),
  retention_in_seconds: {
    ...seconds,
    description:
      'When messages that it has not read are deleted, if all goes on like this; null: not to be expected, or unknown.',
  },
  pipeline: nullable(Type.String(), 'Pipeline whose own group it is.'),
}

const groupSummary = strict(summaryFields)

const member = strict({
  member_id: Type.String(),
  instance_id: nullable(Type.String(), 'Name that a static member gives itself.'),
  client_id: Type.String(),
  host: Type.String(),
  partitions: Type.Array(strict({ topic: Type.String(), partition: count })),
  lag_records: nullable(count, 'Over its partitions; null where nothing of them is committed.'),
})

const partition = strict({
  topic: Type.String(),
  partition: count,
  committed: nullable(offset, 'Offset of the next message it reads; null where it has committed none.'),
  earliest: nullable(offset, 'Oldest message that is kept; null where the topic is gone.'),
  latest: nullable(offset, 'Offset of the next message written.'),
  lag: nullable(count, 'Offsets between what is committed and the end.'),
  seconds: secondsOfLag,
  stuck_since: nullable(
    timestamp,
    'Since when messages wait here and nothing is committed, as far as watched.',
  ),
  member_id: nullable(Type.String(), 'Who reads it now.'),
  client_id: nullable(Type.String()),
  host: nullable(Type.String()),
})

const group = strict({
  ...summaryFields,
  member_states: Type.Array(member),
  partition_states: Type.Array(partition),
})

const move = strict({
  partition: count,
  before: nullable(offset, 'Offset that is committed; null where none is.'),
  after: offset,
  records: nullable(
    Type.Integer({
      description: 'Offsets that are read again (negative) or left out (positive), where known.',
    }),
  ),
})

export const groupsResource = defineResource({
  name: 'groups',
  summary: 'Consumer groups, their lag and offsets.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/groups',
      summary: 'List consumer groups',
      description:
        'With members, lag and verdict; what needs somebody comes first, then by name. At most 2 s old. The verdict follows from how lag went over the last minutes.',
      answer: { kind: 'json', status: 200, schema: list(groupSummary), description: 'Groups.' },
      permission: 'groups:read',
      resource: all,
      audit: null,
    }),
    show: endpoint({
      method: 'GET',
      path: '/api/groups/{name}',
      summary: 'Show one consumer group',
      description: 'With its members and, partition by partition, how far it is.',
      params,
      answer: { kind: 'json', status: 200, schema: group, description: 'The group.' },
      permission: 'groups:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    reset: endpoint({
      method: 'POST',
      path: '/api/groups/{name}/reset',
      summary: 'Move where a consumer group reads on',
      description:
        'For one topic. The group must have no members, and must not be that of a pipeline. Asks first: without `"dry_run": false` nothing is changed.',
      params,
      body: strict({
        topic: anyTopicName,
        to: Type.Enum(['earliest', 'latest', 'time', 'offset'], {
          description: 'Oldest message, end, first message at or after `time`, or `offset`.',
        }),
        time: Type.Optional(timestamp),
        offset: Type.Optional({
          ...offset,
          description: 'The offset, as text; taken to the nearest one that is kept.',
        }),
        partitions: Type.Optional(
          Type.Array(count, {
            minItems: 1,
            maxItems: 10_000,
            description: 'Only these partitions; all when left out.',
          }),
        ),
        dry_run: dryRun,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          message: Type.String(),
          applied: Type.Boolean(),
          topic: Type.String(),
          moves: Type.Array(move),
          blocked_by: Type.Array(Type.String(), { description: 'Members that have to leave first.' }),
        }),
        description: 'What was done, or would be.',
      },
      permission: 'groups:write',
      resource: one,
      audit: 'group.offsets_moved',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
    delete: endpoint({
      method: 'DELETE',
      path: '/api/groups/{name}',
      summary: 'Delete a consumer group with its offsets',
      description: 'Only a group without members: who joins under its name later begins anew.',
      params,
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ message: Type.String(), name: Type.String() }),
        description: 'It is gone.',
      },
      permission: 'groups:write',
      resource: one,
      audit: 'group.deleted',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
  },
})
