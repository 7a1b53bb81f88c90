/** Every resource of the API. Server, OpenAPI, docs and command line are read from this list. */
import { deadLettersResource } from './dead-letters.ts'
import { healthResource } from './health.ts'
import { ingestResource } from './ingest.ts'
import { messagesResource } from './messages.ts'
import { metricsResource } from './metrics.ts'
import { overviewResource } from './overview.ts'
import { pipelinesResource } from './pipelines.ts'
import { sensorsResource } from './sensors.ts'
import { topicsResource } from './topics.ts'

export const contract = {
  health: healthResource,
  overview: overviewResource,
  sensors: sensorsResource,
  pipelines: pipelinesResource,
  deadLetters: deadLettersResource,
  topics: topicsResource,
  messages: messagesResource,
  ingest: ingestResource,
  metrics: metricsResource,
} as const

export type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from './endpoint.ts'
export type {
  ClientMessage,
  LiveChannel,
  LiveData,
  LiveParams,
  ServerMessage,
} from './live.ts'
export { liveChannels, livePath } from './live.ts'
