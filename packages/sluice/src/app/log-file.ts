/** The log file of a data directory: lines for machines, bounded by turning over to one older file. */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const fileBytesMax = 16 * 1024 * 1024

export interface LogFile extends Disposable {
  write(line: string): void
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

const ageMsOf = (path: string): number => {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

/**
 * Opens `<directory>/sluice.log`. A log that cannot be written never stops what is logged.
 * @param keepMs an older file whose last line is older than this is removed
 */
export const openLogFile = (directory: string, keepMs: number): LogFile => {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'sluice.log')
  if (ageMsOf(`${path}.1`) > keepMs) rmSync(`${path}.1`, { force: true })
  let bytes = sizeOf(path)
  return {
    write: (line) => {
      try {
        if (bytes > fileBytesMax) {
          renameSync(path, `${path}.1`)
          bytes = 0
        }
        appendFileSync(path, `${line}\n`, { mode: 0o600 })
        bytes += line.length + 1
      } catch {
        // Nowhere to tell.
      }
    },
    [Symbol.dispose]: () => undefined,
  }
}
