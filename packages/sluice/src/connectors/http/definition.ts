/** The http source as data: events sent to `POST /api/ingest/{pipeline}`. */
import { Type } from 'typebox'
import { defineSource } from '../../flow/connector.ts'
import { durationOption } from '../options.ts'

export const httpOptions = Type.Object(
  {
    key: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Field whose value becomes the key; a dotted path reaches inside. Default: no key.',
      }),
    ),
    timestamp: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Field that holds the event time (ISO 8601, or seconds or milliseconds since the epoch). An event without ' +
          'it has the time of its arrival; one whose time cannot be read is refused.',
      }),
    ),
    timeout: durationOption(
      'How long a call waits for its events to be stored before it is told to come again.',
      '30s',
    ),
  },
  { additionalProperties: false },
)

export const httpSource = defineSource({
  name: 'http',
  summary: 'Receives events that are sent to `POST /api/ingest/{pipeline}`.',
  details: [
    'A call carries one event (a JSON object), an array of events, or NDJSON (`application/x-ndjson`), and is answered',
    '(202) when the sink of the pipeline has them all. A call is taken or refused as a whole: a body that cannot be',
    'read (400, with the event or line that is wrong), is too large (413) or comes while too much is under way (429,',
    'with `Retry-After`) leaves nothing behind. Events keep the bytes with which they came.',
    '',
    'With the header `Idempotency-Key` a call can be repeated until it is answered: its events have the same record',
    'ids each time, two calls at once share one answer, and a call that was answered is answered again without being',
    'stored again. The same key with other events is refused (409).',
  ].join('\n'),
  options: httpOptions,
  guarantee: {
    delivery: 'at least once',
    order: 'as received, per process',
    because:
      'An answer means stored. Who got none sends again: with an idempotency key under the same record ids, so that ' +
      'sinks with a key and readers can tell.',
  },
  ownership: 'local',
  runsOn: 'server',
  open: async (options, context) => {
    const { openHttp } = await import('./source.ts')
    return openHttp(options, context)
  },
})
