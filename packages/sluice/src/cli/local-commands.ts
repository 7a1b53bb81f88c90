/** What commands that run here need: handed in by whoever starts the command line. */
import type { StatusSnapshot } from './status-view.ts'

/** Settings of a process, from options and environment; null where nothing was said. */
export interface RunSettings {
  /** The configuration file; null: `sluice.yaml` here, else the built-in quickstart. */
  readonly file: string | null
  readonly directory: string
  /** Host and port; null: as the file says. */
  readonly http: string | null
  readonly kafka: string
  readonly postgres: string
  /** Whether addresses beyond loopback are meant. */
  readonly allowRemote: boolean
  /** null: as the file says. */
  readonly logLevel: string | null
  /** Processes that run pipelines; null: as the file says. */
  readonly workers: number | null
}

/** What a running process may do with the terminal. */
export interface RunTools {
  /** First Ctrl-C: drain and end. */
  readonly signal: AbortSignal
  /** Second Ctrl-C: end now. */
  readonly hurry: AbortSignal
  /** Whether a person reads at a terminal: what is secret is told to nobody else. */
  readonly person: boolean
  /** A line for people, above the status. */
  say(line: string): void
  /** Shows what is going on; call it about once a second. */
  show(snapshot: StatusSnapshot): void
}

export interface LintFinding {
  readonly line: number
  readonly column: number
  /** What is wrong; what would be right. */
  readonly message: string
}

export interface LintReport {
  readonly file: string
  readonly findings: readonly LintFinding[]
  /** Pipelines and topics that the file defines. */
  readonly pipelines: number
  readonly topics: number
}

export interface DoctorFinding {
  /** What was looked at. */
  readonly check: string
  readonly verdict: 'ok' | 'warning' | 'problem'
  readonly says: string
  /** What to do; null where nothing is to be done. */
  readonly fix: string | null
}

export interface BrokerSettings {
  readonly directory: string
  /** Host and port. */
  readonly kafka: string
  readonly allowRemote: boolean
  readonly logLevel: string
}

/**
 * Each resolves when it is done, to an exit code where it runs for long. Failures are faults: those of the
 * configuration end with exit code 2.
 */
export interface LocalCommands {
  up(settings: RunSettings, tools: RunTools): Promise<number>
  server(settings: RunSettings, tools: RunTools): Promise<number>
  worker(settings: RunSettings, tools: RunTools): Promise<number>
  broker(settings: BrokerSettings, tools: RunTools): Promise<number>
  lint(file: string | null): Promise<LintReport>
  /** JSON Schema of the configuration file. */
  schema(): Promise<unknown>
  /** Looks at the installation on this machine; never throws. */
  doctor(settings: RunSettings): Promise<readonly DoctorFinding[]>
  /** Opens a file in the browser of this machine; false where there is none. Never throws. */
  openInBrowser(file: string): Promise<boolean>
  /** Address of the database with its password. */
  databaseUrl(settings: RunSettings): Promise<string>
}
