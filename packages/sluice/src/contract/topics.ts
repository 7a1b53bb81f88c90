/** Topics of the Kafka cluster. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import {
  anyTopicName,
  count,
  dryRun,
  list,
  nullable,
  offset,
  strict,
  timestamp,
  topicName,
} from './schemas.ts'

const all = { kind: 'topic', name: null } as const
const one = { kind: 'topic', name: { in: 'params', field: 'name' } } as const

const params = strict({ name: anyTopicName })

const topicSummary = strict({
  topic_name: Type.String(),
  name: Type.String({ description: 'The same as `topic_name`.' }),
  status: Type.Literal('active'),
  partitions: count,
  internal: Type.Boolean({ description: 'Kafka keeps its own books in it.' }),
  uuid: Type.String({ description: 'Id in the cluster: a topic made anew has another.' }),
  messages: Type.String({ description: 'Messages kept, over all partitions, as text.' }),
  size_bytes: nullable(count, 'Bytes kept, of one copy; null where the cluster does not tell.'),
  in_per_second: nullable(
    Type.Number({ minimum: 0 }),
    'Messages written a second, over the last seconds that it was watched; null before.',
  ),
  last_write_at: nullable(timestamp, 'Time of the newest message; null where none is kept, or unknown.'),
  groups: Type.Array(Type.String(), { description: 'Consumer groups that read it.' }),
  read_by: Type.Array(Type.String(), { description: 'Pipelines that read it.' }),
  written_by: Type.Array(Type.String(), { description: 'Pipelines that write it.' }),
})

const topic = strict({
  ...topicSummary.properties,
  replication_factor: nullable(count),
  partition_states: Type.Array(
    strict({
      partition: count,
      leader: Type.Integer(),
      replicas: Type.Array(Type.Integer()),
      in_sync_replicas: Type.Array(Type.Integer()),
      earliest: offset,
      latest: { ...offset, description: 'Offset of the next message.' },
    }),
  ),
  settings: Type.Record(Type.String(), Type.String(), {
    description: 'Settings of the topic as Kafka names them.',
  }),
  own_settings: Type.Array(Type.String(), {
    description: 'Names of the settings that were made for this topic; the others are as the cluster is set.',
  }),
})

const setting = Type.String({ maxLength: 10_000 })

const settingsChange = strict({
  name: Type.String(),
  before: nullable(Type.String()),
  after: nullable(Type.String(), 'null: as the cluster is set.'),
})

const user = Type.String({ maxLength: 200, description: 'Who asks for it.' })

export const topicsResource = defineResource({
  name: 'topics',
  summary: 'Topics of the Kafka cluster.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/topics',
      summary: 'List topics',
      description:
        'Sorted by name, at most 2 s old; topics in which Kafka keeps its own books only when asked for.',
      query: strict({
        internal: Type.Boolean({ default: false, description: 'Kafka’s own topics too.' }),
        search: Type.Optional(
          Type.String({ maxLength: 249, description: 'Only names that hold this text, in any case.' }),
        ),
      }),
      answer: { kind: 'json', status: 200, schema: list(topicSummary), description: 'Topics.' },
      permission: 'topics:read',
      resource: all,
      audit: null,
    }),
    show: endpoint({
      method: 'GET',
      path: '/api/topics/{name}',
      summary: 'Show one topic',
      description: 'With partitions, offsets, settings and the pipelines that use it.',
      params,
      answer: { kind: 'json', status: 200, schema: topic, description: 'The topic.' },
      permission: 'topics:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    create: endpoint({
      method: 'POST',
      path: '/api/topics',
      summary: 'Create a topic',
      description: 'It exists, with as many partitions and replicas as asked for, when this answers.',
      body: strict({
        name: topicName,
        partitions: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 3,
          description: 'Into how many parts it is split.',
        }),
        replication_factor: Type.Integer({
          minimum: -1,
          maximum: 100,
          default: -1,
          description: 'Copies of each message; -1: as the cluster is set.',
        }),
        description: Type.Optional(Type.String({ maxLength: 2_000, description: 'What it is for.' })),
        created_by: Type.Optional(user),
        settings: Type.Record(Type.String(), Type.String(), {
          default: {},
          description: 'Settings as Kafka names them, for instance `retention.ms`.',
        }),
      }),
      answer: {
        kind: 'json',
        status: 201,
        schema: strict({
          message: Type.String(),
          topic_name: Type.String(),
          name: Type.String(),
          status: Type.Literal('active'),
          partitions: count,
        }),
        description: 'It exists.',
      },
      permission: 'topics:write',
      resource: { kind: 'topic', name: { in: 'body', field: 'name' } },
      audit: 'topic.created',
      faults: ['TOPIC_EXISTS', 'TOPIC_REFUSED'],
    }),
    settings: endpoint({
      method: 'PUT',
      path: '/api/topics/{name}/settings',
      summary: 'Change settings of a topic',
      description:
        'Only those that are named; null takes one back to what the cluster is set to. Asks first: without `"dry_run": false` the cluster only checks them.',
      params,
      body: strict({
        settings: Type.Record(Type.String({ minLength: 1, maxLength: 200 }), nullable(setting), {
          minProperties: 1,
          maxProperties: 100,
          description: 'Values by name as Kafka names them, for instance `retention.ms`.',
        }),
        dry_run: dryRun,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          message: Type.String(),
          topic_name: Type.String(),
          applied: Type.Boolean(),
          changes: Type.Array(settingsChange),
        }),
        description: 'What was done, or would be.',
      },
      permission: 'topics:write',
      resource: one,
      audit: 'topic.settings_changed',
      faults: ['NOT_FOUND', 'CONFLICT', 'TOPIC_REFUSED'],
    }),
    partitions: endpoint({
      method: 'POST',
      path: '/api/topics/{name}/partitions',
      summary: 'Give a topic more partitions',
      description:
        'Cannot be undone. Messages stay where they are; from now on a key may go to another partition than before.',
      params,
      body: strict({
        partitions: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          description: 'How many it is to have in the end: more than now.',
        }),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ message: Type.String(), topic_name: Type.String(), before: count, after: count }),
        description: 'It has them.',
      },
      permission: 'topics:write',
      resource: one,
      audit: 'topic.partitions_added',
      faults: ['NOT_FOUND', 'CONFLICT', 'TOPIC_REFUSED'],
    }),
    delete: endpoint({
      method: 'DELETE',
      path: '/api/topics/{name}',
      summary: 'Delete a topic with all its messages',
      description: 'Refused while pipelines use it, with their names; `force=true` deletes it all the same.',
      params,
      query: strict({ force: Type.Boolean({ default: false, description: 'Even while pipelines use it.' }) }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          message: Type.String(),
          topic_name: Type.String(),
          affected: Type.Array(Type.String()),
        }),
        description: 'It is gone.',
      },
      permission: 'topics:write',
      resource: one,
      audit: 'topic.deleted',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
  },
})
