/** What a sink is: where rows are written, batch by batch, and what its answer promises. */
import type { CommitInSink, CommitStore, WriteResult } from './commit.ts'
import type { Rows } from './rows.ts'

export interface SinkSession extends AsyncDisposable {
  /** The store that lives in this sink's own database; present on sinks that commit with their rows. */
  readonly commitStore?: CommitStore
  /**
   * Writes all rows, in order; resolves when they are durable.
   * With `commit` (only where `commitStore` is present), rows and commit stand or fall together.
   * @throws a fault with recovery `retry` or `fenced`; then nothing may be assumed about the rows
   */
  write(rows: Rows, commit: CommitInSink | null, signal: AbortSignal): Promise<WriteResult>
}
