/** The file sink as data. */
import { Type } from 'typebox'
import { defineSink } from '../../flow/connector.ts'
import { durationOption, sizeOption } from '../options.ts'

const fieldName = (description: string) => Type.String({ minLength: 1, description })

export const fileSinkOptions = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'The file; its folder is made when it is missing.' }),
    id_field: Type.Optional(
      fieldName('Adds the record id to each line under this name, so that readers can tell a repeated line.'),
    ),
    rotate: Type.Optional(
      Type.Object(
        {
          size: Type.Optional(sizeOption('Begins a new file when this one would grow beyond this.')),
          every: Type.Optional(durationOption('Begins a new file when this one is so old.')),
        },
        {
          additionalProperties: false,
          description: 'When the file is put aside, under its name with the time, and a new one begun.',
        },
      ),
    ),
  },
  { additionalProperties: false },
)

export const fileSink = defineSink({
  name: 'file',
  summary: 'Appends records to a file, one JSON value a line, durable before it acknowledges.',
  details: [
    'Each write is whole lines, synced to the disk before records count as delivered. A torn last line, left by a',
    'crash, is cut off when the file is opened again. A tombstone is written as `null`. A body that is not JSON is',
    'refused and becomes a dead letter.',
    '',
    'One process at a time writes a file: a second one of the same pipeline writes to `NAME-2.ndjson`, and so on.',
    'Files that were put aside are called `NAME-2026-01-31T12-00-00-000Z.ndjson`; nothing deletes them.',
  ].join('\n'),
  options: fileSinkOptions,
  guarantee: {
    delivery: 'at least once',
    order: 'as delivered, per lane',
    because:
      'Lines and position cannot be committed together: after a crash between the two, lines come again, with the ' +
      'same record id.',
  },
  open: async (options, context) => {
    const { openFileSink } = await import('./sink.ts')
    return openFileSink(options, context)
  },
})
