/** The file source as data. */
import { Type } from 'typebox'
import { defineSource, type OptionProblem } from '../../flow/connector.ts'
import { parseSizeBytes } from '../../kernel/units.ts'
import { timeFormats, zoneOffset } from '../event-time.ts'
import { fittingOptions, optionProblem, sizeOption } from '../options.ts'

const fieldName = (description: string) => Type.String({ minLength: 1, description })

const timeColumns = Type.Object(
  {
    year: fieldName('Field with the year.'),
    month: fieldName('Field with the month, from 1.'),
    day: fieldName('Field with the day of the month.'),
    hour: Type.Optional(fieldName('Field with the hour, 0 to 23.')),
    minute: Type.Optional(fieldName('Field with the minute.')),
    second: Type.Optional(fieldName('Field with the second.')),
  },
  { additionalProperties: false, description: 'A field for each part of the time, in place of `field`.' },
)

const timestampOptions = Type.Object(
  {
    field: Type.Optional(fieldName('Field that holds the time.')),
    fields: Type.Optional(timeColumns),
    format: Type.Union(
      timeFormats.map((name) => Type.Literal(name)),
      {
        default: 'auto',
        description:
          'How the time is written: `iso` (`2015-02-02T14:19:00Z`, `2015-02-02 14:19:00`), `epoch_s`, `epoch_ms`; ' +
          '`auto` tells them apart.',
      },
    ),
    zone: Type.String({
      default: 'UTC',
      minLength: 1,
      description: 'Zone of times that name none: `UTC`, `+08:00`, `Europe/Berlin`.',
    }),
    as: Type.Optional(
      fieldName('Adds the event time to the body under this name, as ISO 8601 in UTC (shifted, if it is).'),
    ),
  },
  { additionalProperties: false },
)

export const fileSourceOptions = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      description: 'A file, a folder (all files in it and below) or a pattern such as `logs/*.csv.gz`.',
    }),
    format: Type.Union(
      ['auto', 'csv', 'ndjson', 'lines'].map((name) => Type.Literal(name)),
      {
        default: 'auto',
        description:
          '`csv`, `ndjson` (one JSON value a line) or `lines` (body `{"message": …}`). `auto` goes by the file name: ' +
          '.csv, .tsv, .ndjson, .jsonl, .json; else by the first byte.',
      },
    ),
    follow: Type.Boolean({
      default: false,
      description:
        'Waits for more at the end, as `tail -F` does: a file that is renamed, replaced or truncated is noticed.',
    }),
    delimiter: Type.Optional(
      Type.String({
        pattern: '^[\\x01-\\x7e]$',
        description: 'What parts the fields of CSV. Default: `,`; a tab in .tsv.',
      }),
    ),
    header: Type.Boolean({
      default: true,
      description: 'Whether the first record of a CSV file names its columns.',
    }),
    columns: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Names of the columns of CSV, in place of those in the header.',
      }),
    ),
    first_column: Type.Optional(
      fieldName(
        'Name of a first column that the header leaves out (as R writes row names): for lines with one field more ' +
          'than the header.',
      ),
    ),
    nulls: Type.Array(Type.String(), {
      default: [''],
      description: 'Texts of CSV that stand for nothing: `["", "NA"]`.',
    }),
    types: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union(['auto', 'text', 'number', 'boolean'].map((name) => Type.Literal(name))),
        {
          description:
            'Types of CSV columns. `auto`, the default, makes numbers and booleans of what reads as such; name ' +
            '`text` for article numbers and the like. A value that is not of its type is a bad line.',
        },
      ),
    ),
    key: Type.Optional(fieldName('Field whose value becomes the key; a dotted path reaches inside NDJSON.')),
    timestamp: Type.Optional(
      Type.Union([fieldName('The field alone.'), timestampOptions], {
        description: 'Where the event time of a record stands. Default: the time at which it was read.',
      }),
    ),
    shift_to: Type.Optional(
      Type.Literal('now', {
        description:
          'Moves the times of old data so that the last record of all files is now; distances stay. The position ' +
          'keeps the shift, so that a restart has the same.',
      }),
    ),
    rate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Records a second of each file, at most. Default: no limit.',
      }),
    ),
    speed: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          'Replays at the pace of the event times, so many times as fast: 60 plays an hour in a minute.',
      }),
    ),
    max_record: sizeOption('A record longer than this is a bad one; only its beginning is kept.', '1MiB'),
  },
  { additionalProperties: false },
)

const recordBytesMin = 4 * 1024
const recordBytesMax = 64 * 1024 * 1024

/** What the schema cannot say. */
export const fileProblems = (options: unknown): OptionProblem[] => {
  const checked = fittingOptions(fileSourceOptions, options)
  if (checked === undefined) return []
  const { timestamp, shift_to: shiftTo, speed, follow, max_record: record } = checked
  const problems: OptionProblem[] = []
  const tell = (path: string, problem: string, fix: string): void => {
    problems.push(optionProblem(path.split('.'), problem, fix))
  }
  if (timestamp === undefined && shiftTo !== undefined) {
    tell('shift_to', 'it needs timestamp', 'say with timestamp where the time of a record stands')
  }
  if (timestamp === undefined && speed !== undefined) {
    tell('speed', 'it needs timestamp', 'say with timestamp where the time of a record stands')
  }
  if (follow && shiftTo !== undefined) {
    tell('shift_to', 'a file that grows has no last record yet', 'leave out follow, or shift_to')
  }
  if (typeof timestamp === 'object') {
    if (zoneOffset(timestamp.zone) === undefined) {
      tell('timestamp.zone', `there is no zone ${timestamp.zone}`, 'write it as UTC, +08:00 or Europe/Berlin')
    }
    if ((timestamp.field === undefined) === (timestamp.fields === undefined)) {
      tell(
        'timestamp',
        'it needs either field or fields',
        'name the field of the time, or one for each part of it',
      )
    }
  }
  const bytes = parseSizeBytes(record) ?? 0
  if (bytes < recordBytesMin || bytes > recordBytesMax) {
    tell('max_record', `${record} is too small or too large`, 'give between 4KiB and 64MiB')
  }
  return problems
}

export const fileSource = defineSource({
  name: 'file',
  summary: 'Reads CSV, NDJSON or lines of text from files, whole or as they grow, gzip too.',
  details: [
    'Each file is a lane of its own, named by its path below the folder or pattern; files that appear later are found.',
    'The position is where the next record begins (in bytes, after decompression) and tells the file from another of',
    'the same name. A compressed file is not followed.',
    '',
    'A line that cannot be read never stops a file: it goes on as text that begins with `line N of FILE:` and the',
    'reason, so that it ends as a dead letter (`BODY_NOT_JSON`) at the first step or sink that looks at the body.',
    'In CSV a lost quote costs one line. Whole numbers beyond 2^53 stay text in CSV, and stay exact in NDJSON unless',
    '`timestamp.as` rewrites the body.',
    '',
    'With `follow`, a file that was renamed is read to its end before the new one is begun, also when it was renamed',
    'while Sluice was down, as long as it lies in the same folder.',
  ].join('\n'),
  options: fileSourceOptions,
  examine: fileProblems,
  guarantee: {
    delivery: 'at least once',
    order: 'as in the file, per file',
    because:
      'Reading goes on behind the last commit, and record ids are the same when a line is read again. With a sink ' +
      'that commits with its rows it is exactly once in effect.',
  },
  ownership: 'lease',
  runsOn: 'worker',
  open: async (options, context) => {
    const { openFileSource } = await import('./source.ts')
    return openFileSource(options, context)
  },
  openPositions: async (options, context) => {
    const { openFilePositions } = await import('./positions.ts')
    return openFilePositions(options, context)
  },
})
