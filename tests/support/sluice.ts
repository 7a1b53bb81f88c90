/** Sluice through its front door: the command line as a process of its own, in a folder of its own, on free ports. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testFolder } from './folder.ts'
import { freePorts, type PartOptions, startPart, type TestPart } from './part.ts'

const mainFile = fileURLToPath(new URL('../../packages/sluice/src/main.ts', import.meta.url))
const comesUpWithinMs = 60_000

/** Starts `sluice WORDS`. */
export const startCommand = (words: readonly string[], options: PartOptions = {}): TestPart =>
  startPart(process.execPath, [mainFile, ...words], options)

/** Waits until something holds; throws with what was printed if it never does, or if the process ends before. */
export const untilHolds = async (
  part: Pick<TestPart, 'output' | 'hasEnded'>,
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = comesUpWithinMs,
): Promise<void> => {
  const until = Date.now() + withinMs
  while (!(await holds())) {
    if (part.hasEnded()) throw new Error(`It ended before ${what}:\n${part.output()}`)
    if (Date.now() > until) throw new Error(`Not within ${withinMs} ms: ${what}\n${part.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits until a line was printed. */
export const untilSaid = (part: TestPart, words: string | RegExp, withinMs?: number): Promise<void> =>
  untilHolds(
    part,
    `it said ${words}`,
    () => (typeof words === 'string' ? part.output().includes(words) : words.test(part.output())),
    withinMs,
  )

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A folder with a data directory and addresses, in which Sluice can be started again and again. */
export interface SluiceHome extends Disposable {
  readonly folder: string
  readonly directory: string
  readonly http: string
  readonly kafka: string
  readonly port: { readonly http: number; readonly kafka: number; readonly postgres: number }
  /** Options that name directory and addresses, for commands that start something here; `over` has others. */
  options(over?: Partial<Record<'dir' | 'http' | 'kafka' | 'postgres', string>>): string[]
  /** The admin key. */
  key(): string
  databaseUrl(): string
  /** Writes `sluice.yaml`; resolves to its path. */
  write(configuration: string): string
  /** Starts `sluice up FILE` (the quickstart without one) and waits until it is up. */
  up(
    file: string | null,
    options?: { readonly env?: NodeJS.ProcessEnv; readonly words?: readonly string[] },
  ): Promise<TestPart>
  /** Calls the API with the key; `path` begins with a slash. */
  call(path: string, init?: RequestInit): Promise<Answer>
}

/** Makes a folder of its own; nothing runs in it yet. */
export const sluiceHome = async (name: string): Promise<SluiceHome> => {
  const folder = testFolder(name)
  const [http = 0, kafka = 0, postgres = 0] = await freePorts(3)
  const directory = join(folder.path, '.sluice')
  const options: SluiceHome['options'] = (over = {}) =>
    Object.entries({
      dir: directory,
      http: `:${http}`,
      kafka: `:${kafka}`,
      postgres: `:${postgres}`,
      ...over,
    }).flatMap(([name, value]) => [`--${name}`, value])
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8').trim()
  const key = (): string => read('admin.key')
  return {
    folder: folder.path,
    directory,
    http: `http://127.0.0.1:${http}`,
    kafka: `127.0.0.1:${kafka}`,
    port: { http, kafka, postgres },
    options,
    key,
    databaseUrl: () => `postgres://sluice:${read('postgres.password')}@127.0.0.1:${postgres}/sluice`,
    write: (configuration) => {
      const file = join(folder.path, 'sluice.yaml')
      writeFileSync(file, configuration)
      return file
    },
    up: async (file, { env = {}, words = [] } = {}) => {
      const part = startCommand(['up', ...(file === null ? [] : [file]), ...options(), ...words], {
        cwd: folder.path,
        env,
      })
      try {
        await untilSaid(part, 'Sluice is up')
      } catch (error) {
        await part.stop()
        throw error
      }
      return part
    },
    call: async (path, init = {}) => {
      const response = await fetch(`http://127.0.0.1:${http}${path}`, {
        signal: AbortSignal.timeout(30_000),
        ...init,
        headers: { authorization: `Bearer ${key()}`, ...Object.fromEntries(new Headers(init.headers)) },
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    [Symbol.dispose]: folder[Symbol.dispose],
  }
}

export interface ShownPipeline {
  readonly name: string
  readonly state: string
  readonly lag: { readonly records: number } | null
  readonly ledger: {
    readonly in: number
    readonly delivered: number
    readonly dead_lettered: number
    readonly in_flight: number
    readonly outputs: number
    readonly gap: number
  }
  readonly dead_letters: number
}

/** The pipelines as the API shows them. */
export const pipelinesOf = async (home: SluiceHome): Promise<readonly ShownPipeline[]> => {
  const { status, text } = await home.call('/api/pipelines')
  if (status !== 200) throw new Error(`/api/pipelines answered ${status}: ${text}`)
  return (JSON.parse(text) as { data: readonly ShownPipeline[] }).data
}
