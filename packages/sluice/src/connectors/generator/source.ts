/** Makes the records of each lane as they become due. */
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { SourceSession } from '../../flow/source.ts'
import type { Clock } from '../../kernel/clock.ts'
import { seededRandom } from '../../kernel/random.ts'
import { type LanePoll, type LaneReader, LaneSource, type LaneSystem } from '../lane-source.ts'
import { checkedOptions, durationMsOf, optionInvalid, refuseProblems } from '../options.ts'
import { generatorOptions, generatorProblems, startMsOf } from './definition.ts'
import { mix, textSeed } from './noise.ts'
import { countDue, dueOf, keptUp, type LaneSchedule, timeOf } from './schedule.ts'
import type { Draw, GeneratedRecord, GeneratorType } from './type.ts'
import { generatorTypes } from './types/index.ts'

const batchRecordsMax = 5_000
/** At high rates records are gathered for so long before they make a batch. */
const gatherMs = 20

const positionSchema = Type.Object({
  v: Type.Literal(1),
  /** Number of the next record. */
  next: Type.Integer({ minimum: 0 }),
  /** Time of record 0, by which the times of all others are known. */
  base: Type.Number(),
  /** When record 0 was first made: tells this life of the lane from another one. */
  born: Type.Number(),
})
type Position = Static<typeof positionSchema>

interface Plan {
  readonly pipeline: string
  readonly type: GeneratorType
  readonly seed: number
  readonly subjects: number
  readonly lanes: number
  /** Time between two records of the source; a lane's are `lanes` times as far apart. */
  readonly intervalMs: number
  readonly count: number
  readonly startMs: number | null
  readonly catchUpMs: number
  readonly topic: string
}

/**
 * Record `number` of lane `lane`, whose time is `timeMs`: the same for the same arguments, in every process.
 */
export const makeRecord = (
  plan: Pick<Plan, 'type' | 'seed' | 'subjects' | 'lanes' | 'topic'>,
  lane: number,
  number: number,
  timeMs: number,
): GeneratedRecord => {
  const random = seededRandom(mix(plan.seed, textSeed(plan.type.name), lane, number))
  const inLane = (count: number): number => Math.ceil((count - lane) / plan.lanes)
  const draw: Draw = {
    seed: plan.seed,
    timeMs,
    timestamp: new Date(timeMs).toISOString(),
    random,
    subjects: plan.subjects,
    topic: plan.topic,
    anyOf: (count) => {
      const own = inLane(count)
      // Fewer things than lanes: then they cannot be kept apart.
      return own < 1 ? Math.floor(random() * count) : lane + plan.lanes * Math.floor(random() * own)
    },
    inTurn: () => {
      const own = inLane(plan.subjects)
      return { subject: lane + plan.lanes * (number % own), turn: Math.floor(number / own) }
    },
  }
  return plan.type.make(draw)
}

const parsePosition = (text: string | null): Position | null => {
  if (text === null) return null
  try {
    const position: unknown = JSON.parse(text)
    return Value.Check(positionSchema, position) ? position : null
  } catch {
    return null
  }
}

const scheduleOf = (plan: Plan, lane: number, kept: Position | null, nowMs: number): LaneSchedule => {
  const intervalMs = plan.intervalMs * plan.lanes
  const offsetMs = plan.intervalMs * lane
  if (plan.startMs !== null) {
    const baseMs = plan.startMs + offsetMs
    const schedule = { baseMs, intervalMs, skewMs: 0 }
    return { ...schedule, skewMs: nowMs + (kept === null ? offsetMs : 0) - timeOf(schedule, kept?.next ?? 0) }
  }
  return { baseMs: kept?.base ?? nowMs + offsetMs, intervalMs, skewMs: 0 }
}

const createReader = (plan: Plan, lane: number, position: string | null, clock: Clock): LaneReader => {
  const kept = parsePosition(position)
  const end = Math.ceil((plan.count - lane) / plan.lanes)
  const builder = new BatchBuilder()
  let schedule = scheduleOf(plan, lane, kept, clock.now())
  let next = kept?.next ?? 0
  const born = kept?.born ?? schedule.baseMs

  const poll = async (): Promise<LanePoll> => {
    if (next >= end) return { kind: 'ended' }
    const nowMs = clock.now()
    schedule = keptUp(schedule, next, nowMs, plan.catchUpMs, plan.startMs !== null)
    const due = Math.min(end - next, countDue(schedule, next, nowMs, batchRecordsMax))
    if (due === 0) return { kind: 'wait', forMs: Math.max(gatherMs, dueOf(schedule, next) - nowMs) }
    for (let i = 0; i < due; i++) {
      const timeMs = timeOf(schedule, next)
      const { key, body } = makeRecord(plan, lane, next, timeMs)
      builder.add({ key, value: JSON.stringify(body), body, timeMs, number: BigInt(next) })
      next += 1
    }
    const after: Position = { v: 1, next, base: schedule.baseMs, born }
    const batch = builder.build({
      pipeline: plan.pipeline,
      incarnation: `${plan.type.name}-${plan.seed}-${Math.round(born)}`,
      lane: String(lane),
      stream: plan.type.name,
      next: JSON.stringify(after),
    })
    return { kind: 'batch', batch }
  }

  return {
    poll,
    remaining: async () => Math.max(0, Math.min(end - next, countDue(schedule, next, clock.now(), 1e9))),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const planOf = (options: unknown, pipeline: string): Plan => {
  refuseProblems('generator', generatorProblems(options))
  const checked = checkedOptions(generatorOptions, options, 'generator')
  const type = generatorTypes.find(({ name }) => name === checked.type)
  if (type === undefined) throw optionInvalid('generator', 'type', `there is no type ${checked.type}`)
  const subjects = checked.sensors ?? type.subjects
  const startMs = checked.start === undefined ? null : startMsOf(checked.start)
  return {
    pipeline,
    type,
    seed: checked.seed,
    subjects: Math.max(subjects, checked.lanes),
    lanes: checked.lanes,
    intervalMs:
      checked.interval === undefined
        ? 1_000 / (checked.rate ?? 1)
        : durationMsOf('generator', 'interval', checked.interval),
    count: checked.count ?? Number.MAX_SAFE_INTEGER,
    startMs,
    catchUpMs: durationMsOf('generator', 'catch_up', checked.catch_up),
    topic: checked.topic ?? pipeline,
  }
}

/** Opens the generator. @throws fault OPTION_INVALID */
export const openGenerator = async (options: unknown, context: OpenContext): Promise<SourceSession> => {
  const plan = planOf(options, context.pipeline)
  const system: LaneSystem = {
    lanes: async () => Array.from({ length: plan.lanes }, (_, lane) => String(lane)),
    open: async (lane, position) => createReader(plan, Number(lane), position, context.clock),
  }
  return new LaneSource(system, context.clock)
}
