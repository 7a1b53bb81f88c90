/** A whole Sluice as `sluice up` starts it, whose processes can be killed one by one. */
import { spawnSync } from 'node:child_process'
import { startApacheKafka } from '../support/apache-kafka.ts'
import type { TestPart } from '../support/part.ts'
import { startPostgres15 } from '../support/postgres-15.ts'
import { sluiceHome } from '../support/sluice.ts'

export type Target = 'worker' | 'server' | 'broker' | 'postgres'
export const targets: readonly Target[] = ['worker', 'server', 'broker', 'postgres']

export interface WholeSystem extends AsyncDisposable {
  readonly folder: string
  readonly kafka: string
  readonly http: string
  /** The admin key. */
  readonly key: () => string
  readonly databaseUrl: () => string
  /** SIGKILL; resolves to whether there was something to kill. Whoever supervises it starts it again. */
  kill(target: Target): Promise<boolean>
  /** The present processes of the workers. */
  readonly workers: () => readonly number[]
  readonly output: () => string
}

interface RealParts extends AsyncDisposable {
  readonly kafka: string
  readonly databaseUrl: string
  kill(target: 'broker' | 'postgres'): Promise<void>
}

/** Apache Kafka that flushes before it acknowledges, and PostgreSQL 15; a kill starts them again at once. */
const startRealParts = async (): Promise<RealParts> => {
  const [kafka, postgres] = await Promise.all([startApacheKafka({ fsync: true }), startPostgres15()])
  return {
    kafka: kafka.address,
    databaseUrl: postgres.url,
    kill: async (target) => {
      const part = target === 'broker' ? kafka : postgres
      await part.kill()
      await part.restart()
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([kafka.stop(), postgres.stop()])
    },
  }
}

const marks: Readonly<Record<Target, RegExp>> = {
  worker: /main\.ts worker/,
  server: /main\.ts server/,
  broker: /broker\/src\/main\.ts/,
  postgres: /postgres(\.bin)? -D/,
}

/** The present processes of a part, found below the one that supervises them. */
const findProcesses = (parent: number, target: Target): readonly number[] => {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const rows = stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
    return parts === null ? [] : [{ pid: Number(parts[1]), parent: Number(parts[2]), args: parts[3] ?? '' }]
  })
  return rows.flatMap((row) => (row.parent === parent && marks[target].test(row.args) ? [row.pid] : []))
}

/** @param real on Apache Kafka and PostgreSQL 15; else on the embedded parts */
export const startSystem = async (configuration: string, real: boolean): Promise<WholeSystem> => {
  const home = await sluiceHome('kill')
  const parts = real ? await startRealParts() : null
  const head =
    parts === null
      ? ''
      : `kafka: { brokers: ["${parts.kafka}"] }\ndatabase: { url: "${parts.databaseUrl}" }\n`
  const stopParts = async (): Promise<void> => {
    await parts?.[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  }
  let sluice: TestPart
  try {
    sluice = await home.up(home.write(head + configuration))
  } catch (error) {
    await stopParts()
    throw error
  }
  return {
    folder: home.folder,
    kafka: parts?.kafka ?? home.kafka,
    http: home.http,
    key: home.key,
    databaseUrl: () => parts?.databaseUrl ?? home.databaseUrl(),
    kill: async (target) => {
      if (sluice.hasEnded()) throw new Error(`Sluice ended by itself:\n${sluice.output()}`)
      if (parts !== null && (target === 'broker' || target === 'postgres')) {
        await parts.kill(target)
        return true
      }
      const [pid] = findProcesses(sluice.pid, target)
      if (pid === undefined) return false
      try {
        process.kill(pid, 'SIGKILL')
        return true
      } catch {
        return false
      }
    },
    workers: () => findProcesses(sluice.pid, 'worker'),
    output: () => sluice.output(),
    [Symbol.asyncDispose]: async () => {
      await sluice.stop()
      await stopParts()
    },
  }
}
