/**
 * What the broker needs of the group coordinator as a whole; the group requests use the rest of it.
 */
export interface GroupCoordinator {
  /** Ends timers, answers everybody who waits, and lets go of the offsets log. */
  close(): Promise<void>
  /** Forgets committed offsets of a topic that was deleted. */
  topicDeleted(topic: string): Promise<void>
}
