/** Answers of `logs`: lines of all processes, newest first. */
import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { logsResource } from '../../contract/logs.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { parseDurationMs } from '../../kernel/units.ts'
import type { LogBook, LogRow } from '../ports.ts'

type LogBody = AnswerOf<(typeof logsResource)['endpoints']['list']>['data'][number]

/** A line as REST and live feed tell it. */
export const logBody = (row: LogRow): LogBody => ({
  id: String(row.id),
  time: new Date(row.atMs).toISOString(),
  level: row.level,
  component: row.component,
  process: row.process,
  host: row.host,
  message: row.message,
  fields: Object.fromEntries(Object.entries(row.fields).map(([name, value]) => [name, value ?? null])),
})

/**
 * A moment as text in milliseconds: ISO 8601, milliseconds, or an age (`-15m`).
 * @throws fault REQUEST_INVALID
 */
export const momentMs = (field: string, text: string | undefined, nowMs: number): number | null => {
  if (text === undefined) return null
  const age = text.startsWith('-') ? parseDurationMs(text.slice(1)) : undefined
  const ms = age === undefined ? (/^\d{5,15}$/.test(text) ? Number(text) : Date.parse(text)) : nowMs - age
  if (Number.isNaN(new Date(ms).getTime())) {
    const problem = `${JSON.stringify(text)} is no time; write 2026-01-31T12:00:00Z or -15m`
    throw fault('REQUEST_INVALID', { field, problem })
  }
  return ms
}

export const logsAnswers = (book: LogBook, clock: Clock): Answers<typeof logsResource> => ({
  list: async ({ query }) => {
    const nowMs = clock.now()
    const { limit, offset } = query
    const [rows, components] = await Promise.all([
      book.read({
        level: query.level ?? null,
        component: query.component ?? null,
        process: query.process ?? null,
        text: query.text ?? null,
        fromMs: momentMs('from', query.from, nowMs),
        toMs: momentMs('to', query.to, nowMs),
        // One more tells whether there is a page that follows.
        limit: limit + 1,
        offset,
      }),
      book.components(),
    ])
    const data = rows.slice(0, limit).map(logBody)
    return {
      data,
      count: data.length,
      next_offset: rows.length > limit ? offset + limit : null,
      components: [...components],
      kept: { days: book.kept.days, size_bytes: book.kept.sizeBytes },
      timestamp: new Date(nowMs).toISOString(),
    }
  },
})
