/**
 * The one error of this package: bytes that do not follow Kafka's wire format.
 *
 * Everything that decodes bytes from outside throws this and nothing else, so that a caller can tell a broken peer
 * from a broken program.
 */

export type ProtocolErrorReason =
  /** The bytes end before the value does, or a length reaches beyond them. */
  | 'truncated'
  /** A length, count, tag or flag has a value the format forbids. */
  | 'invalid'
  /** Null stands where the version allows none. */
  | 'null'
  /** The version is outside what the table knows. */
  | 'version'
  /** The checksum does not match. */
  | 'checksum'

export class ProtocolError extends Error {
  readonly reason: ProtocolErrorReason

  constructor(reason: ProtocolErrorReason, says: string) {
    super(says)
    this.name = 'ProtocolError'
    this.reason = reason
  }
}
