/** What every process of ours is started with. */
import type { Configuration } from '../config/configuration.ts'
import type { Logger } from '../kernel/logger.ts'
import type { ConfigurationText } from './configuration-file.ts'
import type { LogQueue } from './log-queue.ts'
import type { Settings } from './settings.ts'

export interface ProcessOptions {
  readonly settings: Settings
  readonly file: ConfigurationText
  readonly configuration: Configuration
  readonly env: NodeJS.ProcessEnv
  readonly version: string
  readonly logger: Logger
  /** Lines on their way to the store; null where the parent process takes them there. */
  readonly logQueue: LogQueue | null
  /** Aborts when the process is asked to end: it drains and returns. */
  readonly signal: AbortSignal
  /** Tells a line to the person at the terminal and to nobody else; null where there is none. */
  readonly person: ((line: string) => void) | null
  /** Called once, when it works. */
  readonly ready: (line: string) => void
}
