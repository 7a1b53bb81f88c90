/**
 * B's events: sessions of devices, with revenue inside them.
 *
 * A device's events come in blocks of eight; a block is cut into whole sessions, so that every start has its end,
 * revenue lies between them, and any event can be made without those before it.
 */
import { seededRandom } from '../../../kernel/random.ts'
import { mix } from '../noise.ts'
import { between, type GeneratorType, padded, pick, uuid } from '../type.ts'

const blockEvents = 8

/** Ways to cut eight events into sessions of at least two. */
const cuts = [
  [8],
  [2, 6],
  [3, 5],
  [5, 3],
  [4, 4],
  [6, 2],
  [2, 2, 4],
  [3, 2, 3],
  [2, 3, 3],
  [2, 2, 2, 2],
] as const

/** The session that event `place` of a block belongs to: its index in the block, its length, the place inside. */
const sessionAt = (lengths: readonly number[], place: number) => {
  let first = 0
  for (const [index, length] of lengths.entries()) {
    if (place < first + length) return { index, length, inside: place - first }
    first += length
  }
  throw new RangeError(`a block has ${blockEvents} events, not ${place}`)
}

export const brokerlytics: GeneratorType = {
  name: 'brokerlytics',
  summary:
    'Sessions and revenue: `device_id, event_type` (START_SESSION, REVENUE, END_SESSION)`, created_on, session_id`, ' +
    'for revenue also `amount, currency`; key `device_id`.',
  subjects: 25,
  make: ({ seed, random, inTurn, timestamp }) => {
    const { subject, turn } = inTurn()
    const block = Math.floor(turn / blockEvents)
    const session = sessionAt(pick(seededRandom(mix(seed, subject, block)), cuts), turn % blockEvents)
    const deviceId = `device-${padded(subject + 1, 4)}`
    const eventType =
      session.inside === 0
        ? 'START_SESSION'
        : session.inside === session.length - 1
          ? 'END_SESSION'
          : 'REVENUE'
    return {
      key: deviceId,
      body: {
        device_id: deviceId,
        event_type: eventType,
        session_id: uuid(seededRandom(mix(seed, subject, block, session.index))),
        created_on: timestamp,
        ...(eventType === 'REVENUE'
          ? { amount: between(random, 0.5, 80), currency: pick(random, ['EUR', 'USD', 'GBP']) }
          : {}),
      },
    }
  },
}
