/** Metrics of Sluice itself, for Prometheus: each with its meaning, as data. */
import { defineResource, endpoint } from './endpoint.ts'

export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

const metric = <const Definition extends MetricDefinition>(definition: Definition): Definition => definition

/** Every metric that `/metrics` gives. Names end in their unit; counters in `_total`. */
export const metrics = {
  info: metric({
    name: 'sluice_info',
    type: 'gauge',
    help: 'Always 1; the version is a label.',
    labels: ['version'],
  }),
  uptime: metric({
    name: 'sluice_uptime_seconds',
    type: 'gauge',
    help: 'Time since this server started.',
    labels: [],
  }),
  check: metric({
    name: 'sluice_connected',
    type: 'gauge',
    help: '1 when the last round trip succeeded, else 0.',
    labels: ['to'],
  }),
  state: metric({
    name: 'sluice_pipeline_state',
    type: 'gauge',
    help: '1 for the state the pipeline is in.',
    labels: ['pipeline', 'state'],
  }),
  records: metric({
    name: 'sluice_pipeline_records_total',
    type: 'counter',
    help: 'Records by how they ended; `in` counts those that were read.',
    labels: ['pipeline', 'outcome'],
  }),
  inFlight: metric({
    name: 'sluice_pipeline_in_flight_records',
    type: 'gauge',
    help: 'Records read and not yet committed.',
    labels: ['pipeline'],
  }),
  gap: metric({
    name: 'sluice_pipeline_ledger_gap_records',
    type: 'gauge',
    help: 'Records that the ledger cannot account for; anything but 0 is a fault.',
    labels: ['pipeline'],
  }),
  lagRecords: metric({
    name: 'sluice_pipeline_lag_records',
    type: 'gauge',
    help: 'Records between the committed position and the end.',
    labels: ['pipeline'],
  }),
  lagSeconds: metric({
    name: 'sluice_pipeline_lag_seconds',
    type: 'gauge',
    help: 'Age of the oldest record not yet committed, where it is known.',
    labels: ['pipeline'],
  }),
  deadLetters: metric({
    name: 'sluice_pipeline_dead_letters',
    type: 'gauge',
    help: 'Dead letters that wait.',
    labels: ['pipeline'],
  }),
  requests: metric({
    name: 'sluice_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time to answer a call, by entry of the API and status.',
    labels: ['endpoint', 'status'],
  }),
  memory: metric({
    name: 'sluice_process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory of this server process.',
    labels: [],
  }),
  cpu: metric({
    name: 'sluice_process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of this server process.',
    labels: [],
  }),
  loop: metric({
    name: 'sluice_event_loop_delay_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the delay of the event loop since the last scrape.',
    labels: [],
  }),
} as const

export const metricsResource = defineResource({
  name: 'metrics',
  summary: 'Metrics of Sluice itself.',
  endpoints: {
    prometheus: endpoint({
      method: 'GET',
      path: '/metrics',
      summary: 'Give metrics to Prometheus',
      description:
        'Text format 0.0.4. Prometheus sends the key with `authorization: { credentials_file: … }`.',
      answer: {
        kind: 'text',
        status: 200,
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        description: 'Metrics.',
      },
      permission: 'metrics:read',
      resource: { kind: 'server', name: null },
      audit: null,
    }),
  },
})
