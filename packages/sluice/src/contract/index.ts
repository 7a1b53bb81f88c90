/** Every resource of the API. Server, OpenAPI, docs and command line are read from this list. */
import { deadLettersResource } from './dead-letters.ts'
import { groupsResource } from './groups.ts'
import { healthResource } from './health.ts'
import { ingestResource } from './ingest.ts'
import { messagesResource } from './messages.ts'
import { metricsResource } from './metrics.ts'
import { pipelinesResource } from './pipelines.ts'
import { sensorsResource } from './sensors.ts'
import { topicsResource } from './topics.ts'

export const contract = {
  health: healthResource,
  sensors: sensorsResource,
  pipelines: pipelinesResource,
  deadLetters: deadLettersResource,
  topics: topicsResource,
  messages: messagesResource,
  groups: groupsResource,
  ingest: ingestResource,
  metrics: metricsResource,
} as const
