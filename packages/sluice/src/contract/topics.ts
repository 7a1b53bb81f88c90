/** Topics of the Kafka cluster. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { anyTopicName, count, list, nullable, offset, strict, topicName } from './schemas.ts'

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
})

const topic = strict({
  ...topicSummary.properties,
  replication_factor: nullable(count),
  messages: Type.String({ description: 'Messages kept, over all partitions, as text.' }),
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
  read_by: Type.Array(Type.String(), { description: 'Pipelines that read it.' }),
  written_by: Type.Array(Type.String(), { description: 'Pipelines that write it.' }),
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
      description: 'Sorted by name; topics in which Kafka keeps its own books only when asked for.',
      query: strict({ internal: Type.Boolean({ default: false, description: 'Kafka’s own topics too.' }) }),
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
