/** The embedded parts for whole-system tests, started the way `sluice up` starts them. */
import { startEmbedded } from '../../packages/sluice/src/embedded/index.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { testFolder } from './folder.ts'

export interface TestServer extends AsyncDisposable {
  readonly port: number
  /** The present process: it changes when the part was killed and started again. */
  readonly pid: () => number | undefined
  /** SIGKILL; its supervisor starts it again. */
  kill(): void
  /** Resolves when it answers. */
  untilRunning(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

const anyPort = { host: '127.0.0.1', port: 0 }
const context = { logger: silentLogger, clock: systemClock, random: seededRandom(1) }

type Supervised = { pid(): number | undefined; state(): string; restarts(): number }

const serverOf = (part: Supervised, port: number, stop: () => Promise<void>): TestServer => {
  let seen = part.restarts()
  let killed = false
  return {
    port,
    pid: part.pid,
    kill: () => {
      const pid = part.pid()
      if (pid === undefined) return
      seen = part.restarts()
      killed = true
      process.kill(pid, 'SIGKILL')
    },
    untilRunning: async () => {
      while (part.state() !== 'running' || (killed && part.restarts() === seen)) {
        if (part.state() === 'failed') throw new Error('It was given up')
        await systemClock.sleep(20)
      }
      killed = false
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Starts the embedded Kafka broker on a free port, in a folder of its own. */
export const startEmbeddedBroker = async (
  durability: 'commit' | 'interval' | 'os' = 'commit',
): Promise<TestServer & { readonly address: string }> => {
  const folder = testFolder('broker')
  const embedded = await startEmbedded(
    { directory: folder.path, broker: { listen: anyPort, durability } },
    context,
  )
  if (embedded.broker === undefined) throw new Error('The broker was not started')
  const { address, listen, process: part } = embedded.broker
  const stop = async (): Promise<void> => {
    await embedded.stop()
    folder[Symbol.dispose]()
  }
  return { address, ...serverOf(part, listen.port, stop) }
}

/** Starts the embedded PostgreSQL on a free port, in a folder of its own. */
export const startEmbeddedPostgres = async (): Promise<TestServer & { readonly url: string }> => {
  const folder = testFolder('postgres')
  const embedded = await startEmbedded({ directory: folder.path, postgres: { listen: anyPort } }, context)
  if (embedded.postgres === undefined) throw new Error('PostgreSQL was not started')
  const { url, listen, process: part } = embedded.postgres
  const stop = async (): Promise<void> => {
    await embedded.stop()
    folder[Symbol.dispose]()
  }
  return { url, ...serverOf(part, listen.port, stop) }
}
