/**
 * The rollup of `sensor_data` in SQL: statistics by minute, kept by triggers in the transaction of whoever writes.
 *
 * - An insert adds a row for each minute it touches to `sensor_minute_deltas` and changes none, so that transactions that
 *   write at the same time never wait for each other. What has gathered there is moved to `sensor_minutes` now and then.
 * - A delete or an update by hand counts the minutes it touches anew, from the rows: extremes cannot be taken back.
 * - Counting anew and moving take a lock, each before the snapshot that it works on: else one could count what the other
 *   just moved.
 */

export const measures = ['temperature', 'humidity', 'pressure'] as const

/** Raised with every change of what is made here: then it is made anew. */
export const rollupVersion = 1

/** Minutes are counted from here, whatever the time zone of a session. */
const origin = `'2000-01-01 00:00:00+00'::timestamptz`
const minuteOf = (column: string): string => `date_bin('1 minute', ${column}, ${origin})`

/** Statistics of rows, as columns of the rollup. */
const aggregates = [
  'count(*)',
  ...measures.map((one) => {
    const value = `${one}::double precision`
    return `count(${one}), coalesce(sum(${value}), 0), min(${value}), max(${value})`
  }),
].join(', ')

/** The same of rows of the rollup. */
export const sums = [
  'coalesce(sum(readings), 0)::bigint as readings',
  ...measures.map(
    (one) =>
      `coalesce(sum(${one}_count), 0)::bigint as ${one}_count, coalesce(sum(${one}_sum), 0) as ${one}_sum, ` +
      `min(${one}_minimum) as ${one}_minimum, max(${one}_maximum) as ${one}_maximum`,
  ),
].join(',\n  ')

const columns = [
  'minute timestamptz not null',
  'readings bigint not null',
  ...measures.map(
    (one) =>
      `${one}_count bigint not null, ${one}_sum double precision not null, ${one}_minimum double precision, ${one}_maximum double precision`,
  ),
].join(', ')

const added = (one: string): string =>
  `${one}_count = held.${one}_count + excluded.${one}_count, ${one}_sum = held.${one}_sum + excluded.${one}_sum, ` +
  `${one}_minimum = least(held.${one}_minimum, excluded.${one}_minimum), ${one}_maximum = greatest(held.${one}_maximum, excluded.${one}_maximum)`

const replaced = (one: string): string =>
  ['count', 'sum', 'minimum', 'maximum'].map((what) => `${one}_${what} = excluded.${one}_${what}`).join(', ')

/** Statistics by minute of `rows`. */
const byMinute = (rows: string): string =>
  `select ${minuteOf('"timestamp"')}, ${aggregates} from ${rows} where "timestamp" is not null group by 1`

/** What the rows of `source` would be in the rollup: for the ends of a stretch that are no full minutes. */
export const statisticsOf = (source: string, condition: string): string => {
  const named = [
    'count(*) as readings',
    ...measures.map((one) => {
      const value = `${one}::double precision`
      return `count(${one}) as ${one}_count, coalesce(sum(${value}), 0) as ${one}_sum, min(${value}) as ${one}_minimum, max(${value}) as ${one}_maximum`
    }),
  ]
  return `select ${named.join(', ')} from ${source} where ${condition}`
}

export const rollupColumns = [
  'readings',
  ...measures.flatMap((one) => ['count', 'sum', 'minimum', 'maximum'].map((what) => `${one}_${what}`)),
].join(', ')

// Any number will do, as long as every Sluice takes the same.
const lockNumber = 7_305_803

/** Whoever counts anew or moves holds this until its transaction ends. */
export const lockCall = (schema: string): string =>
  `(${lockNumber}, hashtext('${schema.replaceAll("'", "''")}'))`

const functionHead = (name: string): string =>
  // Whoever writes readings need not be allowed to write the rollup.
  `create function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $rollup$`

const namesFrom = (schema: string, rows: string): string => `
  insert into ${schema}.sensor_names select distinct sensor_id from ${rows} where sensor_id is not null order by 1
    on conflict do nothing;`

const recount = (schema: string, table: string, touched: string): string => `
  perform pg_advisory_xact_lock${lockCall(schema)};
  with touched as (${touched}),
  moved as (delete from ${schema}.sensor_minute_deltas delta using touched where delta.minute = touched.minute),
  fresh as (
    select touched.minute, counted.* from touched cross join lateral (
      ${statisticsOf(table, `"timestamp" >= touched.minute and "timestamp" < touched.minute + interval '1 minute'`)}
    ) counted where counted.readings > 0
  ),
  emptied as (
    delete from ${schema}.sensor_minutes held using touched
    where held.minute = touched.minute and not exists (select from fresh where fresh.minute = held.minute)
  )
  insert into ${schema}.sensor_minutes as held select * from fresh
    on conflict (minute) do update set readings = excluded.readings, ${measures.map(replaced).join(', ')};`

const minutesIn = (rows: string): string =>
  `select ${minuteOf('"timestamp"')} as minute from ${rows} where "timestamp" is not null`

/** Names of the triggers, told apart by namespace: several may keep their own rollup of one table. */
export const triggerNames = (schema: string): readonly string[] => {
  const prefix = schema.replaceAll('"', '')
  return ['insert', 'delete', 'update', 'truncate'].map((event) => `${prefix}_sensor_rollup_${event}`)
}

/** Takes away what is there of the rollup. */
export const dropRollup = (schema: string): string => `
drop function if exists ${schema}.sensor_rollup_insert() cascade;
drop function if exists ${schema}.sensor_rollup_delete() cascade;
drop function if exists ${schema}.sensor_rollup_update() cascade;
drop function if exists ${schema}.sensor_rollup_truncate() cascade;
drop table if exists ${schema}.sensor_rollup, ${schema}.sensor_minutes, ${schema}.sensor_minute_deltas, ${schema}.sensor_names;`

const createTables = (schema: string): string => `
create table ${schema}.sensor_minutes (${columns}, primary key (minute));
create table ${schema}.sensor_minute_deltas (${columns})
  with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
create table ${schema}.sensor_names (sensor_id text primary key);
create table ${schema}.sensor_rollup (table_oid oid not null, version integer not null, made_at timestamptz not null default now());`

const createFunctions = (schema: string, table: string): string => `
${functionHead(`${schema}.sensor_rollup_insert`)}
begin
  insert into ${schema}.sensor_minute_deltas ${byMinute('added')};${namesFrom(schema, 'added')}
  return null;
end $rollup$;
${functionHead(`${schema}.sensor_rollup_delete`)}
begin
  if not exists (select from removed) then return null; end if;${recount(schema, table, `select distinct minute from (${minutesIn('removed')}) minutes`)}
  return null;
end $rollup$;
${functionHead(`${schema}.sensor_rollup_update`)}
begin
  if not exists (select from removed) then return null; end if;${recount(schema, table, `${minutesIn('removed')} union ${minutesIn('added')}`)}${namesFrom(schema, 'added')}
  return null;
end $rollup$;
${functionHead(`${schema}.sensor_rollup_truncate`)}
begin
  perform pg_advisory_xact_lock${lockCall(schema)};
  delete from ${schema}.sensor_minutes;
  delete from ${schema}.sensor_minute_deltas;
  return null;
end $rollup$;`

const createTriggers = (schema: string, table: string): string => {
  const [onInsert, onDelete, onUpdate, onTruncate] = triggerNames(schema).map((name) => `"${name}"`)
  return `
create trigger ${onInsert} after insert on ${table} referencing new table as added
  for each statement execute function ${schema}.sensor_rollup_insert();
create trigger ${onDelete} after delete on ${table} referencing old table as removed
  for each statement execute function ${schema}.sensor_rollup_delete();
create trigger ${onUpdate} after update on ${table} referencing old table as removed new table as added
  for each statement execute function ${schema}.sensor_rollup_update();
create trigger ${onTruncate} after truncate on ${table}
  for each statement execute function ${schema}.sensor_rollup_truncate();`
}

/** Makes the rollup of `table` (qualified and quoted) with what is in it by now; nobody may write meanwhile. */
export const createRollup = (schema: string, table: string): string => `
${createTables(schema)}
${createFunctions(schema, table)}
insert into ${schema}.sensor_minutes ${byMinute(table)};
insert into ${schema}.sensor_names select distinct sensor_id from ${table} where sensor_id is not null;
${createTriggers(schema, table)}
insert into ${schema}.sensor_rollup (table_oid, version) values ('${table.replaceAll("'", "''")}'::regclass, ${rollupVersion});
analyze ${schema}.sensor_minutes, ${schema}.sensor_names;`

/** Moves what inserts have left to the statistics by minute, a bounded number of rows at a time. */
export const moveDeltas = (schema: string): string => `
with moved as (
  delete from ${schema}.sensor_minute_deltas
  where ctid = any(array(select ctid from ${schema}.sensor_minute_deltas limit 50000)) returning *
)
insert into ${schema}.sensor_minutes as held
select minute, ${sums.replaceAll(/ as \w+/g, '')} from moved group by minute
on conflict (minute) do update set readings = held.readings + excluded.readings, ${measures.map(added).join(', ')}`
