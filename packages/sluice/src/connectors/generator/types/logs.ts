/** E's log payload. */
import { randomInteger } from '../../../kernel/random.ts'
import { enveloped, type GeneratorType, pick, pickWeighted } from '../type.ts'

const services = ['auth', 'api', 'db', 'cache'] as const
const messages = {
  INFO: ['Request completed', 'User session refreshed', 'Cache warmed', 'Health check passed'],
  WARN: ['Slow response', 'Retrying upstream call', 'Connection pool nearly full'],
  ERROR: ['Upstream timed out', 'Connection refused', 'Unhandled exception'],
} as const

export const logs: GeneratorType = {
  name: 'logs',
  summary: 'In an envelope: `service`, `level` (INFO, WARN, ERROR), `message`, `response_time_ms` (10-500).',
  subjects: services.length,
  make: (draw) => {
    const service = services[draw.anyOf(services.length)] ?? services[0]
    const level = pickWeighted(draw.random, [
      ['INFO', 85],
      ['WARN', 11],
      ['ERROR', 4],
    ] as const)
    const slow = level === 'INFO' ? 0 : 200
    return enveloped(draw, 'logs', service, {
      service,
      level,
      message: pick(draw.random, messages[level]),
      response_time_ms: randomInteger(draw.random, 10 + slow, 300 + slow),
    })
  },
}
