/**
 * The schema of Sluice's own tables, step by step. Steps are only ever added.
 *
 * `{schema}` stands for the namespace's schema. All of them exist in the sink's database too, because a sink's
 * positions, ledger and dead letters live beside its rows.
 */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'lanes, dead letters, revisions, run state, workers, audit',
    sql: `
create table {schema}.lanes (
  pipeline text not null,
  lane text not null,
  epoch bigint not null,
  owner text not null,
  generation bigint,
  claimed_at timestamptz not null default now(),
  position text,
  committed_at timestamptz,
  "in" bigint not null default 0,
  delivered bigint not null default 0,
  filtered bigint not null default 0,
  deduplicated bigint not null default 0,
  aggregated bigint not null default 0,
  dead_lettered bigint not null default 0,
  late bigint not null default 0,
  outputs bigint not null default 0,
  primary key (pipeline, lane)
);
create table {schema}.leases (
  pipeline text not null,
  lane text not null,
  owner text not null,
  expires_at timestamptz not null,
  primary key (pipeline, lane)
);
create table {schema}.dead_letters (
  id bigint generated always as identity primary key,
  pipeline text not null,
  lane text not null,
  number text not null,
  record_id text not null,
  step text not null,
  code text not null,
  reason text not null,
  attempts integer not null,
  key bytea,
  value bytea,
  headers jsonb not null,
  time timestamptz not null,
  state text not null default 'dead' check (state in ('dead', 'redriving', 'redriven')),
  edited boolean not null default false,
  dead_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create index dead_letters_by_pipeline on {schema}.dead_letters (pipeline, id);
create index dead_letters_to_redrive on {schema}.dead_letters (pipeline, id) where state = 'redriving';
create table {schema}.revisions (
  id bigint generated always as identity primary key,
  text text not null,
  base_directory text not null,
  created_at timestamptz not null default now(),
  created_by text not null
);
create table {schema}.run_states (
  pipeline text primary key,
  desired text not null check (desired in ('running', 'paused', 'stopped')),
  changed_at timestamptz not null default now(),
  changed_by text not null
);
create table {schema}.processes (
  id text primary key,
  kind text not null,
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  status jsonb not null
);
create table {schema}.idempotency_keys (
  pipeline text not null,
  key text not null,
  body_hash text not null,
  accepted integer not null,
  created_at timestamptz not null default now(),
  primary key (pipeline, key)
);
create index idempotency_keys_by_age on {schema}.idempotency_keys (created_at);
create table {schema}.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  resource text not null,
  outcome text not null,
  request_id text not null,
  details jsonb not null
);
`,
  },
  {
    version: 2,
    name: 'the stream of a dead letter, so that a redriven record tells it',
    sql: `alter table {schema}.dead_letters add column stream text not null default ''`,
  },
  {
    version: 3,
    name: 'links that sign in once, and sessions: hashes only',
    sql: `
create table {schema}.sign_in_links (
  hash text primary key,
  principal text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create table {schema}.sessions (
  hash text primary key,
  principal text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ends_at timestamptz not null
);
`,
  },
  {
    version: 4,
    name: 'log lines of all processes',
    sql: `
create table {schema}.log_lines (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  level smallint not null,
  component text not null,
  process text not null,
  host text not null,
  message text not null,
  fields jsonb not null,
  size_bytes integer not null
);
create index log_lines_by_time on {schema}.log_lines (at desc, id desc);
`,
  },
  {
    version: 5,
    name: 'series over time, when counting began, the audit log by time',
    sql: `
alter table {schema}.lanes add column counted_since timestamptz;
alter table {schema}.lanes alter column counted_since set default now();
create index audit_by_time on {schema}.audit (at);
create table {schema}.series (
  id integer generated always as identity primary key,
  name text not null,
  subject text not null,
  unique (name, subject)
);
create table {schema}.series_points (
  step_s integer not null,
  series integer not null,
  at timestamptz not null,
  sum double precision not null,
  count integer not null,
  maximum double precision not null,
  primary key (series, step_s, at)
);
create index series_points_by_age on {schema}.series_points (step_s, at);
`,
  },
]
