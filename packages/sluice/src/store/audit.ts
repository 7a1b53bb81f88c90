/** The audit log: who did what to which thing, and how it ended. Rows are only ever added. */
import type { Database } from './database.ts'
import { storableJson, storableText } from './storable.ts'

export interface AuditRow {
  readonly atMs: number
  readonly actor: string
  readonly action: string
  readonly resource: string
  readonly outcome: string
  readonly requestId: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditStore {
  record(row: AuditRow): Promise<void>
}

export const auditStoreIn = (database: Database): AuditStore => ({
  record: async (row) => {
    await database.query(
      `insert into ${database.schema}.audit (at, actor, action, resource, outcome, request_id, details)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        new Date(row.atMs),
        row.actor,
        row.action,
        // What callers wrote may hold what no column can.
        storableText(row.resource),
        row.outcome,
        row.requestId,
        storableJson(row.details),
      ],
    )
  },
})
