/**
 * The memory of the group coordinator beyond its own life: what it appends is there again at the next start.
 */
import type { GroupError } from './group-state.ts'
import type { StoredRecord } from './offsets-records.ts'

export interface OffsetsStore {
  /** Hands over everything stored, oldest first. Called once, before anything else. */
  replay(visit: (record: StoredRecord) => void): Promise<void>
  /**
   * Appends these records together. `whenStored` is called once, in order of appending, when they are as durable as the
   * broker is set to be (`NONE`), or when they could not be stored. It must take over what was stored before it
   * returns: a snapshot may be made right after it.
   */
  append(records: readonly StoredRecord[], whenStored: (error: GroupError) => void): void
  /** Settles when everything that was appended has ended. */
  close(): Promise<void>
}

/** What must still be true after a rewrite of the store: one record per group and per committed offset. */
export type LiveRecords = () => Iterable<StoredRecord>
