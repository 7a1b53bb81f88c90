/** Log lines of all processes: of this machine and of every other one that shares the database. */
import { Type } from 'typebox'
import { logLevels } from '../kernel/logger.ts'
import { defineResource, endpoint } from './endpoint.ts'
import { count, limit, nullable, offset, strict, timestamp } from './schemas.ts'

export const logLevel = Type.Enum(logLevels, { description: 'Lines of this level and of graver ones.' })

const logField = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])

/** One line. The live channel `logs` sends the same. */
export const logLine = strict({
  id: offset,
  time: timestamp,
  level: Type.Enum(logLevels),
  component: Type.String({ description: 'What told it: a part, or `pipeline` with its name.' }),
  process: Type.String({ description: 'The process that told it: `server`, `worker 1`, `broker`, ….' }),
  host: Type.String({ description: 'The machine that it runs on.' }),
  message: Type.String(),
  fields: Type.Record(Type.String(), logField, { description: 'Facts of the line, by name.' }),
})

const momentText = 'ISO 8601, milliseconds since 1970, or an age such as `-15m`.'

const moment = Type.String({
  pattern: '^(\\d{4}-\\d{2}-\\d{2}(T.{1,30})?|\\d{1,15}|-\\d{1,9}(s|m|h|d))$',
  description: momentText,
  examples: ['2026-01-31T12:00:00Z', '-15m'],
})

export const logsResource = defineResource({
  name: 'logs',
  summary: 'Log lines of all processes.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/logs',
      summary: 'Search the log',
      description:
        'Newest first. At most the newest 200,000 lines between `from` and `to` are looked at: narrow the time to ' +
        'reach older ones. Name `to` while paging with `offset`, so that new lines do not shift the pages.',
      query: strict({
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
        from: Type.Optional(moment),
        to: Type.Optional({ ...moment, description: `Up to here, excluded: ${momentText}` }),
        limit: limit(100),
        offset: Type.Integer({
          minimum: 0,
          maximum: 100_000,
          default: 0,
          description: 'So many of the newest are left out.',
        }),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(logLine),
          count,
          next_offset: nullable(count, '`offset` of the page that follows; null where this was the last.'),
          components: Type.Array(Type.String(), {
            description: 'Components that told something lately, sorted.',
          }),
          kept: strict({
            days: Type.Number({ description: 'Lines older than this are removed.' }),
            size_bytes: count,
          }),
          timestamp,
        }),
        description: 'Lines.',
      },
      permission: 'logs:read',
      resource: { kind: 'server', name: null },
      audit: null,
    }),
  },
})
