/**
 * The live feed, `GET /api/live`: one WebSocket for each tab, JSON text both ways.
 *
 * - A channel mirrors an entry of the API: same permission, same rows. State channels send the whole answer of their
 *   entry, at first and whenever it changed; row channels send lists of new rows.
 * - `seq` grows within a channel, with gaps. After a reconnect, `after` with the last `seq` goes on from there: a state
 *   that did not change is not sent again, rows that are still kept are.
 * - Whoever is slow gets fewer rows and is told how many were left out (`dropped`); nobody else notices.
 */
import { type Static, Type } from 'typebox'
import { limits } from '../kernel/limits.ts'
import type { AnswerOf, Endpoint, ParamsOf, QueryOf } from './endpoint.ts'
import { groupsResource } from './groups.ts'
import { logLevel, logsResource } from './logs.ts'
import { messagesResource } from './messages.ts'
import { overviewResource } from './overview.ts'
import { pipelinesResource } from './pipelines.ts'
import { anyTopicName, count, strict, timestamp } from './schemas.ts'
import { sensorsResource } from './sensors.ts'
import { topicsResource } from './topics.ts'

export const livePath = '/api/live'

/** The answer of `entry`, whole, whenever it changed; parameters are those of its path and its query. */
const stateOf = <Entry extends Endpoint>(entry: Entry, everyMs: number) => ({
  kind: 'state' as const,
  entry,
  params: strict({ ...entry.params.properties, ...entry.query.properties }),
  /** How often the server looks for a change, for all who watch together. */
  everyMs,
})

const messagesParams = strict({
  topic: anyTopicName,
  filter: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.live.filterCharsMax,
      description: 'Only messages for which this expression over `event` and `meta` is true.',
    }),
  ),
  partition: Type.Optional(Type.Integer({ minimum: 0, description: 'Only this partition.' })),
  from: Type.Optional(
    Type.String({
      pattern: '^(latest|time:.{1,40}|at:\\d{1,9}=\\d{1,19}(,\\d{1,9}=\\d{1,19})*)$',
      description:
        'Where it starts: `latest` (the default), `time:` with ISO 8601 or milliseconds, or `at:PARTITION=OFFSET,…`.',
    }),
  ),
})

const logsParams = strict({
  level: Type.Optional(logLevel),
  component: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Only of this component; a trailing `*` stands for any end.',
    }),
  ),
  process: Type.Optional(Type.String({ maxLength: 200, description: 'Only of this process.' })),
  text: Type.Optional(
    Type.String({ maxLength: 200, description: 'In message or fields, in any case of letters.' }),
  ),
})

/** Every channel. Server, reference and dashboard are read from this list. */
export const liveChannels = {
  overview: stateOf(overviewResource.endpoints.show, 500),
  pipelines: stateOf(pipelinesResource.endpoints.list, 500),
  pipeline: stateOf(pipelinesResource.endpoints.show, 500),
  topics: stateOf(topicsResource.endpoints.list, 2_000),
  topic: stateOf(topicsResource.endpoints.show, 1_000),
  groups: stateOf(groupsResource.endpoints.list, 2_000),
  group: stateOf(groupsResource.endpoints.show, 1_000),
  messages: { kind: 'rows', entry: messagesResource.endpoints.follow, params: messagesParams },
  logs: { kind: 'rows', entry: logsResource.endpoints.list, params: logsParams },
  readings: stateOf(sensorsResource.endpoints.latest, 500),
  host: stateOf(sensorsResource.endpoints.host_metrics, 1_000),
} as const

export type LiveChannel = keyof typeof liveChannels
type Entry<Channel extends LiveChannel> = (typeof liveChannels)[Channel]['entry']

interface RowParams {
  readonly messages: Static<typeof messagesParams>
  readonly logs: Static<typeof logsParams>
}

/** A row of a channel of rows. */
export interface LiveRow {
  readonly messages: AnswerOf<Entry<'messages'>>
  readonly logs: AnswerOf<Entry<'logs'>>['data'][number]
}

/** Parameters of a channel. */
export type LiveParams<Channel extends LiveChannel> = Channel extends keyof RowParams
  ? RowParams[Channel]
  : ParamsOf<Entry<Channel>> & Partial<QueryOf<Entry<Channel>>>

/** What an update of a channel carries. */
export type LiveData<Channel extends LiveChannel> = Channel extends keyof LiveRow
  ? readonly LiveRow[Channel][]
  : AnswerOf<Entry<Channel>>

const id = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Name of the subscription, chosen by the client; unique within its connection.',
})

const sequence = Type.Integer({ minimum: 0, description: 'Place in the channel.' })

/** What a client may send. */
export const clientMessages = {
  subscribe: strict(
    {
      type: Type.Literal('subscribe'),
      id,
      channel: Type.String({ maxLength: 64, description: 'Name of the channel.' }),
      params: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), { description: 'Parameters of the channel.' }),
      ),
      after: Type.Optional({ ...sequence, description: '`seq` of the last update that was seen.' }),
    },
    'Watch a channel. Answered by `subscribed` or `error`.',
  ),
  unsubscribe: strict({ type: Type.Literal('unsubscribe'), id }, 'Watch it no longer.'),
  pause: strict(
    { type: Type.Literal('pause'), id },
    'Send nothing for now. Rows that come meanwhile are kept for as long as there is room.',
  ),
  resume: strict({ type: Type.Literal('resume'), id }, 'Go on sending.'),
} as const

export type ClientMessage =
  | Static<typeof clientMessages.subscribe>
  | Static<typeof clientMessages.unsubscribe>
  | Static<typeof clientMessages.pause>
  | Static<typeof clientMessages.resume>

/** What the server sends. */
export const serverMessages = {
  welcome: strict(
    {
      type: Type.Literal('welcome'),
      version: Type.String({ description: 'Version of the server.' }),
      at: timestamp,
      limits: strict({
        subscriptions: count,
        rows_per_update: count,
        preview_bytes: count,
        message_bytes: Type.Integer({ description: 'Of a message from the client.' }),
        update_ms: Type.Integer({ description: 'Least time between two updates of a subscription.' }),
        alive_ms: Type.Integer({
          description: 'Time between two `alive`: who hears nothing for longer has lost the server.',
        }),
      }),
    },
    'The first message of a connection.',
  ),
  subscribed: strict(
    {
      type: Type.Literal('subscribed'),
      id,
      seq: sequence,
      resumed: Type.Boolean({ description: 'It goes on from `after`; false where it begins anew.' }),
    },
    'The subscription stands.',
  ),
  update: strict(
    {
      type: Type.Literal('update'),
      id,
      seq: sequence,
      at: timestamp,
      data: Type.Unknown({
        description: 'What the channel’s entry answers, or a list of new rows, oldest first.',
      }),
      dropped: Type.Integer({ minimum: 0, description: 'Rows since the update before that were left out.' }),
    },
    'Something is new.',
  ),
  error: strict(
    {
      type: Type.Literal('error'),
      id: Type.Union([id, Type.Null()], { description: 'null where no subscription is meant.' }),
      code: Type.String({ description: 'Code in the catalogue of faults.' }),
      error: Type.String({ description: 'What is wrong, in a sentence.' }),
      fix: Type.String({ description: 'What to do about it.' }),
      ended: Type.Boolean({
        description:
          'The subscription is gone. Where false, the server goes on trying, and an update follows when it works again.',
      }),
    },
    'Something failed.',
  ),
  alive: strict(
    { type: Type.Literal('alive'), at: timestamp },
    'The server is there, though nothing changed.',
  ),
} as const

export type ServerMessage =
  | Static<typeof serverMessages.welcome>
  | Static<typeof serverMessages.subscribed>
  | Static<typeof serverMessages.update>
  | Static<typeof serverMessages.error>
  | Static<typeof serverMessages.alive>

/** Codes with which the server closes a connection. */
export const closeCodes = {
  1001: 'The server stops; connect again.',
  1008: 'The client sent too many messages, or too many that cannot be read.',
  1009: 'A message of the client was too large.',
  4401: 'Who opened the connection is no longer signed in.',
  4408: 'Nothing was watched for a long time, or the client did not answer pings.',
} as const
