/**
 * What the API asks of the rest of Sluice. Whoever wires the server hands in something that answers.
 *
 * Kafka is asked through `flow/kafka-ports.ts`, dead letters through the store's own interface.
 */

import type { AuditAction } from '../contract/permissions.ts'
import type { pipelineStates } from '../contract/pipelines.ts'
import type { Point, SeriesName } from '../contract/series.ts'
import type { Guarantee } from '../flow/connector.ts'
import type { HttpReceiver } from '../flow/http-ingest.ts'
import type { KafkaAdmin, KafkaPeek, KafkaWriter } from '../flow/kafka-ports.ts'
import type { LedgerCounts } from '../flow/ledger.ts'
import type { LogFields, LogLevel } from '../kernel/logger.ts'
import type { RecentOutcome } from '../pipelines/status.ts'
import type { DeadLetterStore } from '../store/dead-letters.ts'

export type PipelineState = (typeof pipelineStates)[number]

export interface Lag {
  readonly records: number
  /** Age of the oldest record not yet committed; null where unknown. */
  readonly behindMs: number | null
}

export interface LaneStatus {
  readonly lane: string
  readonly position: string | null
  readonly owner: string | null
  readonly epoch: number
  readonly lag: Lag | null
  readonly committedAtMs: number | null
}

/** A step, with what it did since its processes began; null while nobody runs it. */
export interface StepStatus {
  readonly id: string
  readonly use: string
  readonly work: {
    readonly in: number
    readonly out: number
    readonly errors: number
    readonly inPerSecond: number
    /** Time per record over the last minute; null where there was none. */
    readonly p50Us: number | null
    readonly p99Us: number | null
  } | null
}

/** A pipeline as it is now: what is committed, and what its processes told last. */
export interface PipelineStatus {
  readonly name: string
  readonly state: PipelineState
  readonly sinceMs: number
  /** Why it is degraded or failed. */
  readonly reason: string | null
  /** Connectors by name. */
  readonly source: string
  readonly sink: string
  readonly guarantee: Guarantee
  /** From reading a record to its commit, over the last seconds; null where none was delivered. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number } | null
  readonly steps: readonly StepStatus[]
  /** Consumer group in which it reads; null where it reads no topic. */
  readonly group: string | null
  /** Topics. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Records a second over the last few seconds; null where no process told of any. */
  readonly rates: { readonly inPerSecond: number; readonly outPerSecond: number } | null
  readonly lag: Lag | null
  readonly ledger: LedgerCounts
  /** Dead letters that wait. */
  readonly deadLetters: number
  readonly lanes: readonly LaneStatus[]
  /** When counting began; null where that is not known. */
  readonly countedSinceMs: number | null
}

/** What the file says of a pipeline. */
export interface PipelineText {
  /** null where it cannot be cut out of the file. */
  readonly text: string | null
  readonly file: string
  readonly line: number | null
  readonly revision: number | null
}

export interface PositionRow {
  readonly lane: string
  readonly position: string | null
  readonly earliest: string | null
  readonly latest: string | null
  readonly committedAtMs: number | null
}

/** How a position is to be moved. */
export type PositionChange =
  | { readonly kind: 'reset'; readonly to: 'earliest' | 'latest'; readonly lanes: readonly string[] | null }
  | { readonly kind: 'rewind'; readonly toMs: number; readonly lanes: readonly string[] | null }
  /** Leaves out the records of a lane up to this number, that one included. */
  | { readonly kind: 'skip'; readonly lane: string; readonly past: bigint }

export interface PositionMove {
  readonly lane: string
  readonly from: string | null
  readonly to: string | null
  /** Records read again (negative) or left out (positive), where known. */
  readonly records: number | null
}

export interface Pipelines {
  /** Sorted by name. */
  list(): Promise<readonly PipelineStatus[]>
  one(name: string): Promise<PipelineStatus | null>
  /** As the file has it, without passwords. @throws fault NOT_FOUND */
  text(name: string): Promise<PipelineText>
  /** A sample of how records ended, newest first. @throws fault NOT_FOUND */
  outcomes(name: string): Promise<readonly RecentOutcome[]>
  /**
   * Asks for a state; the processes that run it follow within about a second.
   * @throws fault NOT_FOUND, CONFLICT
   */
  want(name: string, state: 'running' | 'paused' | 'stopped', by: string): Promise<void>
  /** @throws fault NOT_FOUND */
  positions(name: string): Promise<readonly PositionRow[]>
  /** What a change would move; nothing is moved. @throws fault NOT_FOUND, CONFLICT, REQUEST_INVALID */
  planMove(name: string, change: PositionChange): Promise<readonly PositionMove[]>
  /** Moves as planned. @throws fault CONFLICT while the pipeline runs */
  move(name: string, moves: readonly PositionMove[], by: string): Promise<void>
}

export interface SeriesQuery {
  readonly names: readonly SeriesName[]
  /** null: all that have points in that time. */
  readonly subjects: readonly string[] | null
  readonly fromMs: number
  readonly toMs: number
  /** Length of a stretch that becomes one point; null: as fits. */
  readonly stepMs: number | null
}

export interface SeriesAnswer {
  readonly lines: readonly {
    readonly name: SeriesName
    readonly subject: string
    readonly points: Point[]
  }[]
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

export interface Mark {
  readonly atMs: number
  readonly kind: 'revision' | 'started' | 'stopped' | 'paused' | 'moved'
  readonly pipeline: string | null
  readonly by: string
  readonly text: string
}

/** What is measured, over time. */
export interface Series {
  read(query: SeriesQuery): Promise<SeriesAnswer>
  /** Oldest first; the newest `most` of that time. */
  marks(fromMs: number, toMs: number, most: number): Promise<readonly Mark[]>
}

export type DeadLetters = Omit<DeadLetterStore, 'toRedrive'>

/** The cluster, through connections that are opened once and shared. */
export interface Kafka {
  readonly admin: Pick<
    KafkaAdmin,
    | 'topics'
    | 'topic'
    | 'topicConfigs'
    | 'createTopic'
    | 'deleteTopic'
    | 'offsetsAt'
    | 'offsetsAtTimes'
    | 'catalogue'
    | 'topicSizes'
    | 'newestTimes'
    | 'retentions'
    | 'topicSettings'
    | 'changeTopicSettings'
    | 'addPartitions'
    | 'groups'
    | 'group'
    | 'moveGroup'
    | 'deleteGroup'
  >
  readonly writer: Pick<KafkaWriter, 'send'>
  /** For pages: shared, so nobody may wait on it. */
  readonly peek: Pick<KafkaPeek, 'read'>
  /** One of its own for whoever follows: a connection answers in order, so a wait would hold up everybody. */
  readonly openPeek: () => Promise<Pick<KafkaPeek, 'read'> & AsyncDisposable>
}

export type { HttpReceiver } from '../flow/http-ingest.ts'

/** HTTP sources that run in this process. */
export interface Receivers {
  /** null where there is no such pipeline, or it has another source. */
  of(pipeline: string): HttpReceiver | null
}

export interface AuditEntry {
  readonly atMs: number
  readonly actor: string
  readonly action: AuditAction
  /** Kind and name, as in `topic orders`. */
  readonly resource: string
  readonly outcome: 'done' | 'refused' | 'failed'
  readonly requestId: string
  /** Parameters of the call, and the fault where it did not succeed. Never the records themselves. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditLog {
  record(entry: AuditEntry): Promise<void>
}

/** A round trip to something that Sluice needs; rejects where it does not answer. */
export interface RoundTrip {
  readonly name: string
  readonly ping: () => Promise<unknown>
}

/** A line of the log, wherever it was told. */
export interface LogRow {
  /** Counts up; later lines of one process have greater ones. */
  readonly id: number
  readonly atMs: number
  readonly level: LogLevel
  readonly component: string
  readonly process: string
  readonly host: string
  readonly message: string
  readonly fields: LogFields
}

export interface LogQuery {
  readonly level: LogLevel | null
  /** A trailing `*` stands for any end. */
  readonly component: string | null
  readonly process: string | null
  readonly text: string | null
  readonly fromMs: number | null
  /** Excluded. */
  readonly toMs: number | null
  readonly limit: number
  readonly offset: number
}

export interface LogBook {
  /** How much is kept. */
  readonly kept: { readonly days: number; readonly sizeBytes: number }
  /** Newest first; looks at a bounded number of lines. */
  read(query: LogQuery): Promise<readonly LogRow[]>
  /** Components that told something lately, sorted. */
  components(): Promise<readonly string[]>
}

/** Lines as they come, of all processes, about a second after they were told. */
export interface LogTail {
  /**
   * Calls `listener` with new lines, oldest first, and how many were left out because they came too fast.
   * Only while somebody listens is anything asked of the store. @returns what ends it
   */
  subscribe(listener: (lines: readonly LogRow[], dropped: number) => void): () => void
}

export interface ConfigurationFinding {
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  readonly problem: string
  readonly fix: string
}

interface NamesChanged {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export interface ConfigurationChanges {
  readonly pipelines: NamesChanged & { readonly restarted: readonly string[] }
  readonly topics: NamesChanged
  /** Settings that are taken at the next start only. */
  readonly restart: readonly string[]
}

export interface ConfigurationCheck {
  readonly findings: readonly ConfigurationFinding[]
  readonly pipelines: number
  readonly topics: number
  /** null where the text has errors. */
  readonly changes: ConfigurationChanges | null
}

export interface ConfigurationState {
  readonly text: string
  readonly file: string | null
  readonly revision: number | null
  readonly hash: string
  /** Why it cannot be written here; null where it can. */
  readonly notEditableBecause: string | null
  readonly restartRequired: readonly string[]
  readonly findings: readonly ConfigurationFinding[]
}

/** What was edited, so that nobody's change is overwritten unseen. */
export interface ConfigurationBase {
  readonly revision: number | null
  readonly hash: string | null
}

export interface RevisionRow {
  readonly id: number
  readonly createdAtMs: number
  readonly createdBy: string
  readonly sizeBytes: number
}

/** The configuration file of this server. */
export interface ConfigurationFile {
  show(): Promise<ConfigurationState>
  /** Nothing is changed. Findings hold no secret and no content of another file. */
  check(text: string): Promise<ConfigurationCheck>
  /** @throws fault CONFLICT where it says something else than `base` by now, CONFIG_FILE_FIXED */
  ready(base: ConfigurationBase): Promise<void>
  /**
   * Writes the file in one step and waits until it is a revision; null where that takes longer than a moment.
   * @throws fault CONFLICT, CONFIG_FILE_FIXED
   */
  write(
    text: string,
    base: ConfigurationBase,
  ): Promise<{ readonly backup: string; readonly revision: number | null }>
  /** Newest first. */
  revisions(before: number | null, limit: number): Promise<readonly RevisionRow[]>
  revision(
    id: number,
  ): Promise<(RevisionRow & { readonly text: string; readonly previous: number | null }) | null>
}

export interface ConnectionRow {
  readonly name: string
  readonly kind: 'kafka' | 'database' | 'http'
  readonly title: string
  /** Without a password. */
  readonly address: string
  readonly embedded: boolean
  readonly usedBy: readonly string[]
  readonly last: ConnectionTest | null
}

export interface ConnectionTest {
  readonly ok: boolean
  readonly checkedAtMs: number
  readonly latencyMs: number
  readonly problem: string | null
  readonly fix: string | null
  readonly facts: readonly { readonly name: string; readonly value: string }[]
}

export interface Connections {
  /** With the last test of each; asks nothing. */
  list(): Promise<readonly ConnectionRow[]>
  /** null where there is none of that name. Never throws because it does not answer. */
  test(name: string): Promise<ConnectionRow | null>
}
