/** A's richer log lines, as services with traces write them. */
import { randomInteger } from '../../../kernel/random.ts'
import { type GeneratorType, hex, padded, pick, pickWeighted, uuid } from '../type.ts'

const services = ['accounts', 'billing', 'catalogue', 'gateway', 'orders', 'search'] as const
const messages = {
  DEBUG: ['cache miss', 'query planned'],
  INFO: ['request served', 'job finished', 'connection opened'],
  WARN: ['slow query', 'retry scheduled', 'rate limit near'],
  ERROR: ['upstream timed out', 'deadlock detected', 'unhandled exception'],
} as const
const statuses = {
  DEBUG: [200],
  INFO: [200, 200, 200, 201, 204, 304],
  WARN: [200, 404, 409, 429],
  ERROR: [500, 502, 503, 504],
} as const

export const serviceLogs: GeneratorType = {
  name: 'service_logs',
  summary:
    'Log lines: `level, service, instance, message, trace_id, request_id, user_id, duration_ms, status, endpoint, ' +
    'timestamp`; key `service`.',
  subjects: services.length,
  make: ({ random, anyOf, timestamp }) => {
    const service = services[anyOf(services.length)] ?? services[0]
    const level = pickWeighted(random, [
      ['DEBUG', 15],
      ['INFO', 70],
      ['WARN', 11],
      ['ERROR', 4],
    ] as const)
    const slowest = level === 'ERROR' ? 9_000 : level === 'WARN' ? 2_500 : 300
    return {
      key: service,
      body: {
        timestamp,
        level,
        service,
        instance: `${service}-${randomInteger(random, 1, 3)}`,
        message: pick(random, messages[level]),
        trace_id: hex(random, 32),
        request_id: uuid(random),
        user_id: random() < 0.3 ? null : `user-${padded(randomInteger(random, 1, 1_000), 4)}`,
        duration_ms: randomInteger(random, 1, slowest),
        status: pick(random, statuses[level]),
        endpoint: pick(random, [
          'GET /items',
          'GET /items/{id}',
          'POST /orders',
          'PUT /accounts/{id}',
          'GET /health',
        ]),
      },
    }
  },
}
