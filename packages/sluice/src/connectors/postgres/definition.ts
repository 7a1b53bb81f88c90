/** The postgres sink as data: rows into a table, exactly once in effect. */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { defineSink } from '../../flow/connector.ts'
import { examinePostgres } from './examine.ts'

/** Column types that the sink converts to; anything else is a finding of the linter. */
export const columnTypes = [
  'text',
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric',
  'timestamptz',
  'date',
  'uuid',
  'jsonb',
] as const

const columnType = Type.Union(
  columnTypes.map((name) => Type.Literal(name)),
  { description: 'Type of the column in PostgreSQL.' },
)

export const postgresSinkOptions = Type.Object(
  {
    table: Type.String({
      description: 'Table to write to, with or without its schema (`readings`, `plant.readings`).',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?$',
    }),
    columns: Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
      Type.Union([
        columnType,
        Type.Object(
          {
            type: columnType,
            from: Type.String({
              description:
                'Where the value comes from: `event.…`, or `meta.id|key|time|topic|lane|offset|headers.…`. Default: `event.` and the name of the column.',
            }),
          },
          { additionalProperties: false },
        ),
      ]),
      {
        description:
          'Columns by name, with their type. The table is made when it is missing, and a column that is new is added.',
      },
    ),
    key: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
        description:
          'Column or columns that tell rows apart. With a key the newest row wins (see `on_conflict`), and a tombstone deletes.',
      }),
    ),
    on_conflict: Type.Optional(
      Type.Union([Type.Literal('update'), Type.Literal('ignore')], {
        default: 'update',
        description:
          'What to do when a row with that key is there: `update` it or keep it and `ignore` the new one.',
      }),
    ),
    identity: Type.Optional(
      Type.String({ description: 'Name of a numbered column that the sink adds to a table it makes.' }),
    ),
    inserted_at: Type.Optional(
      Type.String({
        description: 'Name of a column with the time of insertion, added to a table the sink makes.',
      }),
    ),
    indexes: Type.Optional(
      Type.Array(Type.Array(Type.String(), { minItems: 1 }), {
        description:
          'Indexes to make on a table the sink makes, each a list of columns (`timestamp desc` is allowed).',
      }),
    ),
    url: Type.Optional(
      Type.String({
        description:
          "Another database than Sluice's own. Positions and ledger of the pipeline live there, beside the rows.",
      }),
    ),
    connections: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 32,
        default: 4,
        description: 'Connections that write at the same time.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const postgresSink = defineSink({
  name: 'postgres',
  summary: 'Writes rows to a PostgreSQL table, exactly once in effect.',
  details: [
    'Rows, positions, ledger and dead letters are one transaction, guarded by the fencing epoch of the lane.',
    'Rows are written with `COPY`; with a key, through a temporary table and one `insert … on conflict`.',
    'A value that a column cannot hold makes that record a dead letter; all others of the batch are written.',
  ].join('\n'),
  options: postgresSinkOptions,
  guarantee: {
    delivery: 'exactly once in effect',
    order: 'per lane',
    because:
      'rows and position stand or fall together, and a lane that was taken over cannot commit any more',
  },
  examine: (options) => (Value.Check(postgresSinkOptions, options) ? examinePostgres(options) : []),
  open: async (options, context) => (await import('./sink.ts')).openPostgresSink(options, context),
})
