/** Which files a path means: one, those in a folder, those that fit a pattern. */
import { glob, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fault } from '../../kernel/faults/index.ts'

const filesMax = 10_000
const patternSigns = /[*?[\]{}]/

export interface FoundFiles {
  /** Lanes are paths below this folder. */
  readonly folder: string
  readonly lanes: readonly string[]
}

const isHidden = (path: string): boolean =>
  path.split('/').some((part) => part.startsWith('.') && part !== '..')

const laneOf = (folder: string, path: string): string => relative(folder, path).split(sep).join('/')

/** The part of a pattern before its first sign, down to a whole folder. */
const fixedFolder = (pattern: string): string => {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => patternSigns.test(part))
  return parts.slice(0, first).join('/') || '/'
}

const sorted = (folder: string, paths: readonly string[]): FoundFiles => {
  const lanes = paths.map((path) => laneOf(folder, path)).filter((lane) => !isHidden(lane))
  if (lanes.length > filesMax) {
    throw fault('SOURCE_UNAVAILABLE', {
      source: folder,
      problem: `there are ${lanes.length} files; at most ${filesMax} can be read by one pipeline`,
    })
  }
  return { folder, lanes: lanes.toSorted() }
}

const statOrNull = async (path: string) => {
  try {
    return await stat(path)
  } catch {
    return null
  }
}

/** Files for `path`, an absolute one. A single file is named whether it is there or not. */
export const findFiles = async (path: string): Promise<FoundFiles> => {
  const there = await statOrNull(path)
  if (there?.isDirectory() === true) {
    const entries = await readdir(path, { withFileTypes: true, recursive: true })
    const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink())
    return sorted(
      path,
      files.map((entry) => join(entry.parentPath, entry.name)),
    )
  }
  if (there === null && patternSigns.test(path)) {
    const folder = resolve(fixedFolder(path.split(sep).join('/')))
    const files: string[] = []
    for await (const entry of glob(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) files.push(join(entry.parentPath, entry.name))
    }
    return sorted(folder, files)
  }
  return { folder: dirname(path), lanes: [basename(path)] }
}
