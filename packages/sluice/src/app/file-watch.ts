/** Follows the configuration file: a change that is well is kept as a revision; one that is not is told, and changes nothing. */
import type { Configuration } from '../config/configuration.ts'
import { differences } from '../config/differences.ts'
import { formatFinding } from '../config/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { type ConfigurationText, checkConfiguration, readBounded } from './configuration-file.ts'

const lookEveryMs = 500

export interface FileWatchOptions {
  readonly file: ConfigurationText
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger
  /** What this process was started with: some settings are taken then only. */
  readonly configuration: Configuration
  readonly keep: (text: string) => Promise<void>
}

/** What a look at the file came to. */
interface Look {
  readonly text: string
  /** null: what was found wrong was told, and nothing is to be done. */
  readonly configuration: Configuration | null
}

/** Reads and checks the file if it says something else than `seen`; a file that is being saved may be missing. */
const look = ({ file, env, logger }: FileWatchOptions, path: string, seen: string): Look | null => {
  let text: string
  try {
    text = readBounded(path)
  } catch (error) {
    logger.debug('the file cannot be read now', { file: file.fileName, problem: messageOf(error) })
    return null
  }
  if (text === seen) return null
  const { findings, configuration } = checkConfiguration({ ...file, text }, env)
  for (const finding of findings) logger.warn(formatFinding(finding))
  if (configuration === null) {
    logger.error('the changed file was not taken; what ran goes on', {
      file: file.fileName,
      problems: findings.length,
    })
  }
  return { text, configuration }
}

/** Looks twice a second until the signal aborts. Polling works on every file system and after every way of saving. */
export const watchFile = async (options: FileWatchOptions, signal: AbortSignal): Promise<void> => {
  const { file, logger, configuration: startedWith } = options
  const { path } = file
  if (path === null) return
  let seen = file.text
  let toKeep: string | null = null
  while (!signal.aborted) {
    await systemClock.sleep(lookEveryMs, signal)
    if (signal.aborted) return
    const found = look(options, path, seen)
    if (found !== null) {
      seen = found.text
      toKeep = found.configuration === null ? null : found.text
      const later = found.configuration === null ? [] : differences(startedWith, found.configuration).restart
      if (later.length > 0)
        logger.warn(`taken at the next start only: ${later.join(', ')}`, { file: file.fileName })
    }
    if (toKeep === null) continue
    try {
      await options.keep(toKeep)
      toKeep = null
    } catch (error) {
      const say = found === null ? logger.debug : logger.warn
      say('the changed file waits for the database', { file: file.fileName, problem: messageOf(error) })
    }
  }
}
