/** The embedded broker as a process of its own, without a supervisor: for tests that kill it and start it again. */
import { fileURLToPath } from 'node:url'
import { testFolder } from './folder.ts'
import { freePorts, startPart, type TestPart, untilListening } from './part.ts'

const program = fileURLToPath(new URL('../../packages/broker/src/main.ts', import.meta.url))

export interface BrokerProcess extends AsyncDisposable {
  readonly address: string
  readonly pid: () => number
  /** What it printed last. */
  readonly output: () => string
  /** SIGKILL; the data stays. */
  kill(): Promise<void>
  /** Starts it again on the same data and port; ends it in good order before if it runs. */
  restart(): Promise<void>
}

/** Starts an empty broker on a free port, in a folder of its own. */
export const startBrokerProcess = async (...flags: string[]): Promise<BrokerProcess> => {
  const folder = testFolder('broker')
  const port = (await freePorts(1))[0] ?? 0
  const address = `127.0.0.1:${port}`
  const start = async (): Promise<TestPart> => {
    const part = startPart(process.execPath, [program, '--listen', address, '--dir', folder.path, ...flags])
    await untilListening(part, port)
    return part
  }
  let part = await start()
  return {
    address,
    pid: () => part.pid,
    output: () => part.output(),
    kill: () => part.kill(),
    restart: async () => {
      await part.stop()
      part = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await part.kill()
      folder[Symbol.dispose]()
    },
  }
}
