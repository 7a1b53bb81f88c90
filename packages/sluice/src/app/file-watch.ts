/** Follows the configuration file: a change that is well is kept as a revision; one that is not is told, and changes nothing. */
import { readFileSync } from 'node:fs'
import { formatFinding } from '../config/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { type ConfigurationText, checkConfiguration } from './configuration-file.ts'

const lookEveryMs = 500

export interface FileWatchOptions {
  readonly file: ConfigurationText
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger
  readonly keep: (text: string) => Promise<void>
}

/** Looks twice a second until the signal aborts. Polling works on every file system and after every way of saving. */
export const watchFile = async (options: FileWatchOptions, signal: AbortSignal): Promise<void> => {
  const { file, logger } = options
  const { path } = file
  if (path === null) return
  let seen = file.text
  while (!signal.aborted) {
    await systemClock.sleep(lookEveryMs, signal)
    if (signal.aborted) return
    try {
      const text = readFileSync(path, 'utf8')
      if (text === seen) continue
      const { findings, configuration } = checkConfiguration({ ...file, text }, options.env)
      for (const finding of findings) logger.warn(formatFinding(finding))
      if (configuration === null) {
        logger.error('the changed file was not taken; what ran goes on', {
          file: path,
          problems: findings.length,
        })
      } else await options.keep(text)
      seen = text
    } catch (error) {
      // A file that is being saved may be missing for a moment.
      logger.debug('the file cannot be read now', { file: path, problem: messageOf(error) })
    }
  }
}
