/** The whole engine for a benchmark: a server that takes the file, and one worker process that is measured. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { workerNodeOptions } from '../../packages/sluice/src/app/node-options.ts'
import { cpuSecondsOf, peakMegabytesOf } from './machine.ts'

const mainFile = fileURLToPath(new URL('../../packages/sluice/src/main.ts', import.meta.url))

export interface EngineRun {
  /** From the first read record to the last commit. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

const startProcess = async (words: readonly string[], nodeOptions: readonly string[], ready: RegExp) => {
  const child = spawn(process.execPath, [...nodeOptions, mainFile, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += String(chunk)
  })
  while (!ready.test(output)) {
    if (child.exitCode !== null) throw new Error(output)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  return { pid: child.pid ?? 0, stop, output: () => output }
}

/** Runs `configuration` until its pipeline `pipeline` has committed `count` records. */
export const runEngine = async (options: {
  readonly folder: string
  readonly databaseUrl: string
  readonly configuration: string
  readonly pipeline: string
  readonly count: number
}): Promise<EngineRun> => {
  const file = join(options.folder, 'sluice.yaml')
  writeFileSync(file, options.configuration)
  const common = [file, '--dir', join(options.folder, 'data'), '--http', ':0']
  const server = await startProcess(['server', ...common], [], /listening on http/)
  const client = new pg.Client({ connectionString: options.databaseUrl })
  await client.connect()
  const committed = async (): Promise<number> => {
    const result = await client.query<{ sum: string }>(
      'select coalesce(sum("in"), 0) as sum from sluice.lanes where pipeline = $1',
      [options.pipeline],
    )
    return Number(result.rows[0]?.sum)
  }
  const worker = await startProcess(['worker', ...common], workerNodeOptions, /is ready/)
  const cpuBefore = cpuSecondsOf(worker.pid)
  let startedAt = 0
  for (;;) {
    const done = await committed()
    if (done > 0 && startedAt === 0) startedAt = performance.now()
    if (done >= options.count) break
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  const seconds = (performance.now() - startedAt) / 1000
  const run = {
    seconds,
    cpuSeconds: cpuSecondsOf(worker.pid) - cpuBefore,
    peakMegabytes: peakMegabytesOf(worker.pid),
  }
  await worker.stop()
  await server.stop()
  await client.end()
  return run
}
