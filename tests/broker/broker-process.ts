/** The broker of this repository as a process of its own, for tests that kill it. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { testFolder } from '../support/folder.ts'
import { freePorts, startPart, type TestPart, untilListening } from '../support/part.ts'

export interface BrokerProcess extends AsyncDisposable {
  /** What clients take as bootstrap server. */
  readonly address: string
  readonly port: number
  readonly dataDir: string
  readonly pid: () => number
  readonly output: () => string
  /** SIGKILL, then a start on the same data and port. */
  killAndRestart(): Promise<void>
  /** SIGTERM, then a start on the same data and port. */
  restart(): Promise<void>
  /** SIGKILL; the data stays until the end of the test. */
  kill(): Promise<void>
}

const main = createRequire(import.meta.url).resolve('sluice-broker/main')

/** Starts the broker on a free port in a folder of its own; topics are made only when asked for. */
export const startBrokerProcess = async (...flags: readonly string[]): Promise<BrokerProcess> => {
  const folder = testFolder('broker')
  const dataDir = join(folder.path, 'data')
  const [port = 0] = await freePorts(1)
  const args = [main, '--listen', `127.0.0.1:${port}`, '--dir', dataDir, '--no-auto-create', ...flags]
  const start = async (): Promise<TestPart> => {
    const part = startPart(process.execPath, args)
    await untilListening(part, port)
    return part
  }
  let part = await start()
  const again = async (): Promise<void> => {
    part = await start()
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    dataDir,
    pid: () => part.pid,
    output: () => part.output(),
    killAndRestart: async () => {
      await part.kill()
      await again()
    },
    restart: async () => {
      await part.stop()
      await again()
    },
    kill: () => part.kill(),
    [Symbol.asyncDispose]: async () => {
      await part.kill()
      if (existsSync(folder.path)) folder[Symbol.dispose]()
    },
  }
}
