/** Brings a database to the schema this version knows (the server does that), or checks that it is there (a worker). */
import { fault } from '../kernel/faults/index.ts'
import type { Database } from './database.ts'
import { migrations } from './migrations.ts'

const newest = Math.max(...migrations.map((migration) => migration.version))

// Any number will do, as long as every Sluice takes the same.
const migrationLock = 7_305_801

const versionOf = async (database: Database): Promise<number> => {
  const exists = await database.query('select to_regclass($1) is not null as there', [
    `${database.schema}.migrations`,
  ])
  if (exists.rows[0]?.['there'] !== true) return 0
  const result = await database.query(
    `select coalesce(max(version), 0) as version from ${database.schema}.migrations`,
    [],
  )
  return Number(result.rows[0]?.['version'] ?? 0)
}

/** Applies what is missing, in one transaction; concurrent servers wait for each other. @throws fault SCHEMA_TOO_NEW */
export const migrate = async (database: Database): Promise<void> => {
  const present = await versionOf(database)
  if (present === newest) return
  await database.transaction(async (session) => {
    await session.query('select pg_advisory_xact_lock($1)', [migrationLock])
    await session.query(`create schema if not exists ${database.schema}`, [])
    await session.query(
      `create table if not exists ${database.schema}.migrations (version integer primary key, name text not null, applied_at timestamptz not null default now())`,
      [],
    )
    const result = await session.query(
      `select coalesce(max(version), 0) as version from ${database.schema}.migrations`,
      [],
    )
    const version = Number(result.rows[0]?.['version'] ?? 0)
    if (version > newest) throw fault('SCHEMA_TOO_NEW', { found: version, known: newest })
    for (const migration of migrations.filter((step) => step.version > version)) {
      await session.query(migration.sql.replaceAll('{schema}', database.schema), [])
      await session.query(`insert into ${database.schema}.migrations (version, name) values ($1, $2)`, [
        migration.version,
        migration.name,
      ])
    }
  })
}

/** @throws fault SCHEMA_TOO_OLD, SCHEMA_TOO_NEW */
export const checkSchema = async (database: Database): Promise<void> => {
  const found = await versionOf(database)
  if (found < newest) throw fault('SCHEMA_TOO_OLD', { found, known: newest })
  if (found > newest) throw fault('SCHEMA_TOO_NEW', { found, known: newest })
}
