/** A whole Sluice as `sluice up` starts it, whose processes can be killed one by one. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startApacheKafka } from '../support/apache-kafka.ts'
import { testFolder } from '../support/folder.ts'
import { freePorts } from '../support/part.ts'
import { startPostgres15 } from '../support/postgres-15.ts'

const mainFile = fileURLToPath(new URL('../../packages/sluice/src/main.ts', import.meta.url))

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

/** The present process of a part, found below the one that supervises it. */
const findProcess = (parent: number, target: Target): number | undefined => {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const rows = stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
    return parts === null ? [] : [{ pid: Number(parts[1]), parent: Number(parts[2]), args: parts[3] ?? '' }]
  })
  return rows.find((row) => row.parent === parent && marks[target].test(row.args))?.pid
}

/** @param real on Apache Kafka and PostgreSQL 15; else on the embedded parts */
export const startSystem = async (configuration: string, real: boolean): Promise<WholeSystem> => {
  const folder = testFolder('kill')
  const [httpPort = 0, kafkaPort = 0, postgresPort = 0] = await freePorts(3)
  const parts = real ? await startRealParts() : null
  const head =
    parts === null
      ? ''
      : `kafka: { brokers: ["${parts.kafka}"] }\ndatabase: { url: "${parts.databaseUrl}" }\n`
  const file = join(folder.path, 'sluice.yaml')
  writeFileSync(file, head + configuration)
  const directory = join(folder.path, 'data')
  const addresses = ['--http', `:${httpPort}`, '--kafka', `:${kafkaPort}`, '--postgres', `:${postgresPort}`]
  const child = spawn(process.execPath, [mainFile, 'up', file, '--dir', directory, ...addresses], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder.path,
  })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output = (output + String(chunk)).slice(-200_000)
  })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
    await parts?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  }
  const until = Date.now() + 60_000
  while (!output.includes('Sluice is up')) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop()
      throw new Error(`Sluice did not come up:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8').trim()
  return {
    folder: folder.path,
    kafka: parts?.kafka ?? `127.0.0.1:${kafkaPort}`,
    http: `http://127.0.0.1:${httpPort}`,
    key: () => read('admin.key'),
    databaseUrl: () =>
      parts?.databaseUrl ?? `postgres://sluice:${read('postgres.password')}@127.0.0.1:${postgresPort}/sluice`,
    kill: async (target) => {
      if (parts !== null && (target === 'broker' || target === 'postgres')) {
        await parts.kill(target)
        return true
      }
      const pid = child.pid === undefined ? undefined : findProcess(child.pid, target)
      if (pid === undefined) return false
      try {
        process.kill(pid, 'SIGKILL')
        return true
      } catch {
        return false
      }
    },
    output: () => output,
    [Symbol.asyncDispose]: stop,
  }
}
