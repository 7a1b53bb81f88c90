/**
 * Keeps a child process running.
 *
 * - Started once and waited for; a first start that fails is an error for the caller.
 * - Restarted with growing pauses when it ends unasked, and given up after too many starts in a row that failed.
 * - Stopped with a deadline. Noted in the directory lock, so that the next start finds it after a SIGKILL of ours.
 * - In a session of its own: Ctrl-C on the terminal reaches only us, and we stop the parts in order.
 */
import type { ChildProcess } from 'node:child_process'
import { type BackoffPolicy, backoffMs } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import type { DirectoryLock } from './directory-lock.ts'
import { type EndingStep, politeEnding, sendSignal } from './ending.ts'

/** What supervision needs from the world. */
export interface SupervisionContext {
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  readonly lock: Pick<DirectoryLock, 'note' | 'forget'>
  /** Gives up a first start that is under way. */
  readonly giveUp?: AbortSignal | undefined
}

/** Pauses before restarts, and how many in a row are made before it is given up. */
export interface RestartPolicy {
  readonly backoff: BackoffPolicy
  readonly inARowMax: number
}

/** How one part is started and stopped. */
export interface ProcessPlan {
  /** As people call it: `PostgreSQL`, `Kafka broker`, `worker 1`. */
  readonly name: string
  /** Starts it. Called again for each restart. */
  spawn(): Promise<ChildProcess> | ChildProcess
  /** Resolves when it answers; rejects if it cannot. The signal aborts when it ends before. */
  ready(child: ChildProcess, signal: AbortSignal): Promise<void>
  /** Runs after each end, asked for or not. */
  ended?(child: ChildProcess): void
  readonly ending?: readonly EndingStep[]
  readonly restart?: RestartPolicy
  /** Called with what it prints, line by line. */
  line?(line: string): void
  /** A line as it is told when the start fails; null for what explains nothing. */
  told?(line: string): string | null
}

export type ProcessState = 'starting' | 'running' | 'restarting' | 'failed' | 'stopped'

export interface SupervisedProcess extends AsyncDisposable {
  readonly name: string
  readonly state: () => ProcessState
  /** The present process; undefined while there is none. */
  readonly pid: () => number | undefined
  /** How often it was started again. */
  readonly restarts: () => number
  /** Resolves when it was given up; never if it is stopped before. */
  readonly failed: Promise<Error>
  /** Stops it for good and resolves when it is gone. */
  stop(): Promise<void>
}

const patientRestart: RestartPolicy = { backoff: { firstMs: 100, mostMs: 10_000 }, inARowMax: 12 }
/** Who was ready and ran this long is taken for healthy: after its next end the first pause is short again. */
const healthyAfterMs = 2_000
const linesKeptMax = 40
const lineCharsMax = 4_096

/** Calls back for every line of a stream; an endless line is cut. */
const eachLine = (stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void => {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = (lines.pop() ?? '').slice(-lineCharsMax)
    for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, lineCharsMax))
  })
  stream?.on('error', () => undefined)
  stream?.on('end', () => {
    if (rest.trim() !== '') onLine(rest)
  })
}

/** How a process ended, in words. */
const endOf = (child: ChildProcess): string =>
  child.signalCode === null ? `ended with code ${child.exitCode ?? '?'}` : `was ended by ${child.signalCode}`

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

/** One run of a process, from start to end. */
interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  /** The last lines that it printed. */
  readonly lines: readonly string[]
}

const startRun = async (plan: ProcessPlan, { lock }: SupervisionContext): Promise<Run> => {
  const child = await plan.spawn()
  const { pid } = child
  const lines: string[] = []
  const onLine = (line: string): void => {
    lines.push(line)
    if (lines.length > linesKeptMax) lines.shift()
    plan.line?.(line)
  }
  eachLine(child.stdout, onLine)
  eachLine(child.stderr, onLine)
  if (pid !== undefined) lock.note(plan.name, pid)
  const ended = new Promise<void>((resolve) => {
    const finish = (): void => {
      if (pid !== undefined) lock.forget(plan.name, pid)
      plan.ended?.(child)
      resolve()
    }
    // Without a number it never ran, and only `error` comes.
    child.on('error', (error) => {
      lines.push(messageOf(error))
      if (pid === undefined) finish()
    })
    // `close` comes after the last line was read; `exit` may come before.
    child.on('close', finish)
  })
  return { child, ended, lines }
}

const lastLinesTold = 8

/** The last of what it printed, as people read it. */
const lastWords = ({ told }: ProcessPlan, lines: readonly string[]): string => {
  const shown = lines.map((line) => (told === undefined ? line : told(line))).filter((line) => line !== null)
  return shown.length === 0 ? '' : `: ${shown.slice(-lastLinesTold).join(' | ')}`
}

/** Waits until the run answers; throws with what it printed if it ends instead, or when told to stop. */
const untilReady = async (plan: ProcessPlan, run: Run, stopping: AbortSignal): Promise<void> => {
  const gone = new AbortController()
  const stopped = Promise.withResolvers<never>()
  const stop = (): void =>
    stopped.reject(fault('PART_NOT_STARTED', { part: plan.name, problem: 'it was told to stop' }))
  stopping.addEventListener('abort', stop)
  if (stopping.aborted) stop()
  const died = run.ended.then(() => {
    gone.abort()
    throw fault('PART_NOT_STARTED', {
      part: plan.name,
      problem: `it ${endOf(run.child)}${lastWords(plan, run.lines)}`,
    })
  })
  try {
    await Promise.race([plan.ready(run.child, gone.signal), died, stopped.promise])
  } finally {
    // Who waits for readiness stops waiting; whether the child ends later is somebody else's business.
    died.catch(() => undefined)
    stopping.removeEventListener('abort', stop)
    gone.abort()
  }
}

const endRun = async (run: Run, steps: readonly EndingStep[], clock: Clock): Promise<void> => {
  for (const { signal, waitMs } of steps) {
    if (run.child.pid === undefined || hasEnded(run.child)) break
    sendSignal(run.child.pid, signal)
    const enough = new AbortController()
    await Promise.race([run.ended, clock.sleep(waitMs, enough.signal)])
    enough.abort()
  }
  await run.ended
}

/** A part under supervision. */
interface Part {
  readonly plan: ProcessPlan
  readonly context: SupervisionContext
  readonly stopping: AbortController
  run: Run
  state: ProcessState
  restarts: number
}

const stepsOf = (plan: ProcessPlan): readonly EndingStep[] => plan.ending ?? politeEnding

/** One attempt to have it back; false if that failed. */
const restart = async (part: Part): Promise<boolean> => {
  const { plan, context, stopping } = part
  try {
    part.run = await startRun(plan, context)
    part.restarts += 1
    await untilReady(plan, part.run, stopping.signal)
    return true
  } catch (error) {
    if (!stopping.signal.aborted) {
      context.logger.warn(`${plan.name} could not be started again: ${messageOf(error)}`)
    }
    await endRun(part.run, stepsOf(plan), context.clock)
    return false
  }
}

/** Starts it again whenever it ends, until it is stopped; resolves to the reason if it is given up. */
const keepRunning = async (part: Part): Promise<Error | undefined> => {
  const { plan, context, stopping } = part
  const { clock, logger, random } = context
  const { backoff, inARowMax } = plan.restart ?? patientRestart
  let inARow = 0
  for (;;) {
    const since = clock.now()
    await part.run.ended
    if (stopping.signal.aborted) return undefined
    if (clock.now() - since > healthyAfterMs) inARow = 0
    let failedStarts = 0
    part.state = 'restarting'
    logger.warn(`${plan.name} ${endOf(part.run.child)}; starting it again.`)
    for (let back = false; !back; back = await restart(part)) {
      inARow += 1
      // Who was ready, however briefly, is started again for ever: something outside may have ended it.
      if (failedStarts === inARowMax) {
        part.state = 'failed'
        return fault('PART_GIVEN_UP', { part: plan.name, attempts: inARowMax })
      }
      failedStarts += 1
      await clock.sleep(backoffMs(backoff, inARow, random), stopping.signal)
      if (stopping.signal.aborted) return undefined
    }
    part.state = 'running'
    logger.info(`${plan.name} runs again.`)
  }
}

/** Starts a part and keeps it running until it is stopped. Rejects if the first start fails or is given up. */
export const supervise = async (
  plan: ProcessPlan,
  context: SupervisionContext,
): Promise<SupervisedProcess> => {
  const { giveUp } = context
  const toldToStop = (): boolean => giveUp?.aborted === true
  if (toldToStop()) throw fault('PART_NOT_STARTED', { part: plan.name, problem: 'it was told to stop' })
  const run = await startRun(plan, context)
  const part: Part = { plan, context, stopping: new AbortController(), run, state: 'starting', restarts: 0 }
  const stopStarting = (): void => part.stopping.abort()
  giveUp?.addEventListener('abort', stopStarting)
  if (toldToStop()) stopStarting()
  try {
    await untilReady(plan, run, part.stopping.signal)
  } catch (error) {
    await endRun(run, stepsOf(plan), context.clock)
    throw error
  } finally {
    giveUp?.removeEventListener('abort', stopStarting)
  }
  part.state = 'running'
  const failed = Promise.withResolvers<Error>()
  const kept = keepRunning(part).then((reason) => {
    if (reason !== undefined) failed.resolve(reason)
  })
  const stop = async (): Promise<void> => {
    part.stopping.abort()
    await endRun(part.run, stepsOf(plan), context.clock)
    await kept
    if (part.state !== 'failed') part.state = 'stopped'
  }
  return {
    name: plan.name,
    state: () => part.state,
    pid: () => (hasEnded(part.run.child) ? undefined : part.run.child.pid),
    restarts: () => part.restarts,
    failed: failed.promise,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
