/** Samples this machine by the clock; a late poll gives one sample over the longer time, never several invented ones. */
import { resolve } from 'node:path'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { SourceSession } from '../../flow/source.ts'
import { type LanePoll, type LaneReader, LaneSource } from '../lane-source.ts'
import { checkedOptions, durationMsOf, refuseProblems } from '../options.ts'
import { type Reading, sampleOf } from './counters.ts'
import { hostOptions, hostProblems } from './definition.ts'
import { readMachine } from './reading.ts'

export interface HostReaderOptions {
  readonly pipeline: string
  readonly host: string
  readonly everyMs: number
  readonly perCore: boolean
  readonly now: () => number
  readonly read: (atMs: number) => Promise<Reading>
  /** Number of the last record that was committed; 0n where there is none. */
  readonly after: bigint
}

/** The number in a position such as `1:1760000000000`; 0n where there is none. */
export const parseHostPosition = (position: string | null): bigint => {
  const parts = /^1:(\d+)$/.exec(position ?? '')
  return parts?.[1] === undefined ? 0n : BigInt(parts[1])
}

export const createHostReader = (options: HostReaderOptions): LaneReader => {
  const builder = new BatchBuilder()
  let before: Reading | null = null
  let last = options.after
  let dueMs = 0

  /** Samples fall on whole multiples of the interval, so that those of several machines lie side by side. */
  const nextTick = (afterMs: number): number => (Math.floor(afterMs / options.everyMs) + 1) * options.everyMs

  const poll = async (): Promise<LanePoll> => {
    if (before === null) {
      before = await options.read(options.now())
      // Rates need an interval that is worth the name: one shorter than half a step is skipped.
      dueMs = nextTick(before.atMs + options.everyMs / 2)
    }
    const nowMs = options.now()
    if (nowMs < dueMs && dueMs - nowMs <= 2 * options.everyMs) return { kind: 'wait', forMs: dueMs - nowMs }
    const reading = await options.read(nowMs)
    const sample = sampleOf(options.host, before, reading, options.perCore)
    before = reading
    dueMs = nextTick(nowMs)
    // The number is the time, and greater than every number before, even when the clock was set back.
    last = BigInt(nowMs) > last ? BigInt(nowMs) : last + 1n
    builder.add({
      key: options.host,
      value: JSON.stringify(sample),
      body: sample,
      timeMs: nowMs,
      number: last,
    })
    const batch = builder.build({
      pipeline: options.pipeline,
      incarnation: 'host',
      lane: options.host,
      stream: options.host,
      next: `1:${last}`,
    })
    return { kind: 'batch', batch }
  }

  return { poll, remaining: async () => 0, [Symbol.asyncDispose]: async () => undefined }
}

/** Opens the host source. @throws fault OPTION_INVALID */
export const openHost = async (options: unknown, context: OpenContext): Promise<SourceSession> => {
  refuseProblems('host', hostProblems(options))
  const { every, disk, per_core: perCore } = checkedOptions(hostOptions, options, 'host')
  const everyMs = durationMsOf('host', 'every', every)
  const folder = resolve(context.baseDirectory, disk ?? '.')
  const { pipeline, hostName: host, clock } = context
  return new LaneSource(
    {
      lanes: async () => [host],
      open: async (_lane, position) =>
        createHostReader({
          pipeline,
          host,
          everyMs,
          perCore,
          now: () => clock.now(),
          read: (atMs) => readMachine(folder, atMs),
          after: parseHostPosition(position),
        }),
    },
    clock,
  )
}
