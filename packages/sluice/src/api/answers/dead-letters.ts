/** Answers of `dead-letters`: look, edit, redrive, purge. */

import type { Answers } from '../../contract/answers.ts'
import type { deadLettersResource } from '../../contract/dead-letters.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { counted } from '../../kernel/plural.ts'
import type { DeadLetterRow, DeadLetterState } from '../../store/dead-letters.ts'
import { bytesOf, type Encoding, textOf } from '../bytes-text.ts'
import { RequestProblems } from '../checks.ts'
import type { DeadLetters } from '../ports.ts'

type Endpoints = (typeof deadLettersResource)['endpoints']
type Summary = AnswerOf<Endpoints['list']>['data'][number]
type Done = AnswerOf<Endpoints['purge']>

const summaryOf = (row: DeadLetterRow): Summary => ({
  id: String(row.id),
  pipeline: row.pipeline,
  lane: row.lane,
  number: row.number,
  record_id: row.recordId,
  step: row.step,
  code: row.code,
  reason: row.reason,
  attempts: row.attempts,
  status: row.state,
  edited: row.edited,
  record_time: new Date(row.timeMs).toISOString(),
  created_at: new Date(row.deadAtMs).toISOString(),
})

const detailOf = (row: DeadLetterRow): AnswerOf<Endpoints['show']> => {
  const key = textOf(row.key)
  const value = textOf(row.value)
  return {
    ...summaryOf(row),
    key: key.text,
    key_encoding: key.encoding,
    value: value.text,
    value_encoding: value.encoding,
    headers: row.headers.map((header) => ({ key: header.key, value: textOf(header.value).text })),
  }
}

const newValue = (value: string | null, encoding: Encoding): Buffer | null => {
  if (value === null) return null
  const bytes = bytesOf(value, encoding)
  if (bytes === null) throw new RequestProblems([{ field: 'value', problem: 'is not base64' }])
  return bytes
}

/** Letters that a call would touch are counted page by page, so that no answer has to hold them. */
const countLetters = async (
  letters: DeadLetters,
  pipeline: string,
  ids: readonly number[] | 'all',
  counts: (state: DeadLetterState) => boolean,
): Promise<number> => {
  if (ids !== 'all') {
    const rows = await Promise.all(ids.map((id) => letters.one(id)))
    return rows.filter((row) => row !== null && row.pipeline === pipeline && counts(row.state)).length
  }
  let found = 0
  let before: number | undefined
  for (;;) {
    const rows = await letters.list({ pipeline, before, limit: limits.pageRowsMax })
    found += rows.filter((row) => counts(row.state)).length
    before = rows.at(-1)?.id
    if (before === undefined || rows.length < limits.pageRowsMax) return found
  }
}

const isDead = (state: DeadLetterState): boolean => state === 'dead'
const isNotUnderWay = (state: DeadLetterState): boolean => state !== 'redriving'

export const deadLettersAnswers = (
  letters: DeadLetters,
  clock: Clock,
): Answers<typeof deadLettersResource> => {
  const known = async (id: string): Promise<DeadLetterRow> => {
    const row = Number.isSafeInteger(Number(id)) ? await letters.one(Number(id)) : null
    if (row === null) throw fault('NOT_FOUND', { kind: 'dead letter', name: id })
    return row
  }
  const idsOf = (ids: readonly string[] | undefined): readonly number[] | 'all' => ids?.map(Number) ?? 'all'
  const done = (count: number, applied: boolean, what: string, would: string): Done => ({
    message: applied
      ? `${counted(count, 'dead letter')} ${what}.`
      : `Nothing is changed yet; ${counted(count, 'dead letter')} ${would}.`,
    applied,
    count,
  })
  return {
    list: async ({ query }) => {
      const rows = await letters.list({
        pipeline: query.pipeline,
        state: query.status,
        before: query.before === undefined ? undefined : Number(query.before),
        limit: query.limit,
      })
      const last = rows.at(-1)
      return {
        data: rows.map(summaryOf),
        count: rows.length,
        next: last === undefined || rows.length < query.limit ? null : String(last.id),
        timestamp: new Date(clock.now()).toISOString(),
      }
    },
    show: async ({ params }) => detailOf(await known(params.id)),
    redrive: async ({ params, body }) => {
      const row = await known(params.id)
      const conflict = (): Error =>
        fault('CONFLICT', { what: `Dead letter ${params.id}`, problem: `is ${row.state} and does not wait` })
      if (row.state !== 'dead') throw conflict()
      const isTaken =
        body.value === undefined
          ? (await letters.redrive(row.pipeline, [row.id])) === 1
          : await letters.redriveEdited(row.id, newValue(body.value, body.value_encoding ?? 'utf8'))
      if (!isTaken) throw conflict()
      return done(1, true, 'on the way again', '')
    },
    redrive_many: async ({ body }) => {
      const ids = idsOf(body.ids)
      const count = body.dry_run
        ? await countLetters(letters, body.pipeline, ids, isDead)
        : await letters.redrive(body.pipeline, ids)
      return done(count, !body.dry_run, 'on the way again', 'would be sent again')
    },
    purge: async ({ body }) => {
      const ids = idsOf(body.ids)
      const count = body.dry_run
        ? await countLetters(letters, body.pipeline, ids, isNotUnderWay)
        : await letters.purge(body.pipeline, ids)
      return done(count, !body.dry_run, 'removed for good', 'would be removed for good')
    },
  }
}
