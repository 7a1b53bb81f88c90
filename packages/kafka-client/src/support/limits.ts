/** Every limit of the client that is not an option, in one place. */
export const limits = {
  connectTimeoutMs: 5_000,
  /** For a password, a token or a certificate that a function gives. */
  secretTimeoutMs: 10_000,
  /** Signing in, from the first word to the last. */
  signInTimeoutMs: 10_000,
  /** No mechanism needs more words than this. */
  signInRoundsMax: 6,
  /** Where a request names no other. */
  requestTimeoutMs: 30_000,
  /** For what was written and is not out when a connection is closed. */
  lastWordsMs: 1_000,
  /** A host that is gone without a word is noticed even when nothing is asked of it. */
  keepAliveAfterMs: 30_000,
  /** A broker that announces a larger answer is none. */
  answerBytesMax: 512 * 1024 * 1024,
} as const
