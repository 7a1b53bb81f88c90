/** Every resource of the API. Server, OpenAPI, docs and command line are read from this list. */
import { configResource } from './config.ts'
import { connectionsResource } from './connections.ts'
import { deadLettersResource } from './dead-letters.ts'
import { groupsResource } from './groups.ts'
import { healthResource } from './health.ts'
import { ingestResource } from './ingest.ts'
import { ledgerResource } from './ledger.ts'
import { logsResource } from './logs.ts'
import { messagesResource } from './messages.ts'
import { metricsResource } from './metrics.ts'
import { overviewResource } from './overview.ts'
import { pipelinesResource } from './pipelines.ts'
import { sensorsResource } from './sensors.ts'
import { seriesResource } from './series.ts'
import { sessionResource } from './session.ts'
import { topicsResource } from './topics.ts'

export const contract = {
  health: healthResource,
  session: sessionResource,
  overview: overviewResource,
  sensors: sensorsResource,
  pipelines: pipelinesResource,
  deadLetters: deadLettersResource,
  topics: topicsResource,
  messages: messagesResource,
  groups: groupsResource,
  ingest: ingestResource,
  metrics: metricsResource,
  series: seriesResource,
  ledger: ledgerResource,
  logs: logsResource,
  config: configResource,
  connections: connectionsResource,
} as const

export type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from './endpoint.ts'
export type {
  ClientMessage,
  LiveChannel,
  LiveData,
  LiveParams,
  LiveRow,
  ServerMessage,
} from './live.ts'
export { liveChannels, livePath } from './live.ts'
