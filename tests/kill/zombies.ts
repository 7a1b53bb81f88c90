/**
 * One run of the zombie test: three workers share a topic; some are stopped in the middle of whatever they do, lose
 * their lanes to the others, and wake up again; some are killed meanwhile. A seed tells who, when and for how long.
 */
import { randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { ask, type Count, countTable, pause, untilAtRest } from './run.ts'
import { startSystem, type WholeSystem } from './system.ts'
import { kafkaWriter } from './writers.ts'

const configuration = `
workers: 3
topics:
  events: { partitions: 6, replication_factor: 1 }
pipelines:
  events-to-table:
    source: { kafka: { topic: events, session_timeout: 6s } }
    sink:
      postgres:
        table: events
        columns:
          n: bigint
          lane: { type: text, from: meta.lane }
          record_offset: { type: bigint, from: meta.offset }
`

// From a stutter, over a missed heartbeat, to longer than the session: then the group has given its lanes away.
const stopsMs: readonly (readonly [number, number])[] = [
  [20, 300],
  [1_000, 3_000],
  [7_500, 10_000],
]

export interface ZombieRunResult {
  readonly stops: number
  readonly kills: number
  /** Stops that outlasted the group's session. */
  readonly long: number
  readonly count: Count
  readonly offsetsTwice: number
  readonly gaps: readonly string[]
  /** Lanes whose position or epoch was seen to go backwards. */
  readonly backwards: readonly string[]
}

const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

/** Looks again and again whether a position or an epoch goes backwards. */
const watchPositions = (system: WholeSystem, stopped: AbortSignal): Promise<readonly string[]> => {
  const last = new Map<string, readonly [number, number]>()
  const look = async (): Promise<readonly string[]> => {
    const backwards: string[] = []
    while (!stopped.aborted) {
      for (const { lane, epoch, position } of await ask(
        system,
        "select lane, epoch, coalesce(split_part(position, ':', 4), '0') as position from sluice.lanes where lane like 'events/%'",
      )) {
        const now = [Number(epoch), Number(position)] as const
        const before = last.get(String(lane)) ?? [0, 0]
        if (now[0] < before[0] || now[1] < before[1]) backwards.push(`${String(lane)}: ${before} then ${now}`)
        last.set(String(lane), now)
      }
      await pause(150)
    }
    return backwards
  }
  return look()
}

export const zombieRun = async (options: {
  readonly seed: number
  readonly forMs: number
}): Promise<ZombieRunResult> => {
  const random = seededRandom(options.seed)
  await using system = await startSystem(configuration, false)
  const writer = await kafkaWriter(system, 'events')
  const over = new AbortController()
  const watching = watchPositions(system, over.signal)
  const tally = { stops: 0, kills: 0, long: 0 }
  const until = Date.now() + options.forMs
  const oneAfterAnother = async (): Promise<void> => {
    while (Date.now() < until) {
      await pause(randomInteger(random, 50, 1_500))
      const workers = system.workers()
      const pid = workers[randomInteger(random, 0, workers.length - 1)]
      if (pid === undefined) continue
      if (randomInteger(random, 1, 6) === 1) {
        if (signal(pid, 'SIGKILL')) tally.kills += 1
        continue
      }
      const kind = randomInteger(random, 0, stopsMs.length - 1)
      const [leastMs, mostMs] = stopsMs[kind] ?? [20, 300]
      if (!signal(pid, 'SIGSTOP')) continue
      tally.stops += 1
      if (kind === stopsMs.length - 1) tally.long += 1
      await pause(randomInteger(random, leastMs, mostMs))
      signal(pid, 'SIGCONT')
    }
  }
  // Two at a time, so that a zombie may wake while its heir is one too.
  await Promise.all([oneAfterAnother(), oneAfterAnother()])
  await writer.stop()
  const shown = await untilAtRest(system)
  over.abort()
  const twice = await ask(
    system,
    'select count(*) as twice from (select 1 from events group by lane, record_offset having count(*) > 1) t',
  )
  return {
    ...tally,
    count: await countTable(system, 'events', writer),
    offsetsTwice: Number(twice[0]?.['twice']),
    gaps: shown.filter(({ ledger }) => ledger.gap !== 0).map(({ name, ledger }) => `${name}: ${ledger.gap}`),
    backwards: await watching,
  }
}
