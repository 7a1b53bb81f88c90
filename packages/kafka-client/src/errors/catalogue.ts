/**
 * Everything that can go wrong with this client, as data: what it is, what the caller may do, what mends it.
 *
 * `{about}` is what it was about (a broker, a topic, a partition, a group, an option), `{problem}` what is known of the reason.
 */

/** What a caller may do. */
export type Advice =
  /** The same attempt may succeed later. */
  | 'retry'
  /** The position has to change first. */
  | 'seek'
  /** Nothing helps before somebody changes something: rights, options, the record. */
  | 'give_up'

interface Entry {
  readonly advice: Advice
  readonly says: string
  readonly fix: string
}

export const catalogue = {
  CONNECTION_LOST: {
    advice: 'retry',
    says: '{about}: {problem}',
    fix: 'Check that the broker runs, and that its address is right and can be reached from here.',
  },
  TIMED_OUT: {
    advice: 'retry',
    says: '{about}: {problem}',
    fix: 'The broker, or the way to it, is slow; allow more time if that is usual.',
  },
  LEADER_MISSING: {
    advice: 'retry',
    says: '{about} has no leader now ({problem})',
    fix: 'It gets one when a broker that has its data is back.',
  },
  BROKER_NOT_READY: {
    advice: 'retry',
    says: '{about}: {problem}',
    fix: 'Nothing, usually: the cluster is in motion. Look at its brokers when it lasts.',
  },
  UNKNOWN_TOPIC: {
    advice: 'retry',
    says: '{about}: {problem}',
    fix: 'Make the topic, or mend its name; a new one takes a moment to be known everywhere.',
  },
  MEMBERSHIP_LOST: {
    advice: 'retry',
    says: '{about}: {problem}',
    fix: 'The group went on without this member, which joins anew; allow more time if that is frequent.',
  },
  CORRUPT_RECORD: {
    advice: 'retry',
    says: '{about} is damaged: {problem}',
    fix: 'Fetched again it may be whole. Where it is not, the log itself is damaged: seek past it.',
  },
  OFFSET_OUT_OF_RANGE: {
    advice: 'seek',
    says: '{about}: {problem}',
    fix: 'Seek to the earliest or latest offset; records were deleted, or the topic was made anew.',
  },
  AUTHENTICATION_FAILED: {
    advice: 'give_up',
    says: '{about} does not accept the credentials: {problem}',
    fix: 'Check mechanism, name and password (or token), and that the broker knows them.',
  },
  CREDENTIALS_MISSING: {
    advice: 'retry',
    says: '{about}: there is nothing to sign in with: {problem}',
    fix: 'Look at what gives token, password or certificate: the function, the file, the environment.',
  },
  BROKER_NOT_TRUSTED: {
    advice: 'give_up',
    says: '{about} is not trusted: {problem}',
    fix: "Name the authority (ca) that signed the broker's certificate, and reach the broker by a name in it.",
  },
  NOT_AUTHORIZED: {
    advice: 'give_up',
    says: '{about} is not allowed: {problem}',
    fix: 'Have an administrator give this client the right.',
  },
  RECORD_TOO_LARGE: {
    advice: 'give_up',
    says: '{about}: {problem}',
    fix: 'Send smaller records, or raise max.message.bytes of the topic.',
  },
  RECORD_INVALID: {
    advice: 'give_up',
    says: '{about}: {problem}',
    fix: 'Mend the record: a compacted topic wants keys, and times have bounds.',
  },
  FENCED: {
    advice: 'give_up',
    says: '{about} belongs to somebody else now: {problem}',
    fix: 'Another client runs under the same identity; end one of them.',
  },
  TRANSACTION_BROKEN: {
    advice: 'retry',
    says: 'The transaction of {about} cannot be committed: {problem}',
    fix: 'Abort it, and do its work again in another.',
  },
  TRANSACTION_MISUSED: {
    advice: 'give_up',
    says: 'The transaction of {about} is used out of turn: {problem}',
    fix: 'Begin, write, send offsets, then commit or abort; one transaction at a time.',
  },
  BUFFER_FULL: {
    advice: 'retry',
    says: '{about} is full: {problem}',
    fix: 'Wait for ready() when add() returned false; or allow more bytes.',
  },
  TOPIC_EXISTS: {
    advice: 'give_up',
    says: '{about} is there already: {problem}',
    fix: 'Use it, or choose another name.',
  },
  TOPIC_REFUSED: {
    advice: 'give_up',
    says: '{about} cannot be so: {problem}',
    fix: 'Change the name, the partitions or the settings.',
  },
  UNKNOWN_GROUP: {
    advice: 'give_up',
    says: '{about}: {problem}',
    fix: 'List the groups that there are.',
  },
  GROUP_IN_USE: {
    advice: 'give_up',
    says: '{about} has members: {problem}',
    fix: 'Stop them first.',
  },
  VERSION_UNSUPPORTED: {
    advice: 'give_up',
    says: '{about}: {problem}',
    fix: 'Use a newer broker, or do without what was asked.',
  },
  OPTION_INVALID: {
    advice: 'give_up',
    says: 'The option {about} is wrong: {problem}',
    fix: 'Change it.',
  },
  RELEASED: {
    advice: 'give_up',
    says: '{about} was used too late: {problem}',
    fix: 'Take what is kept with copy(), or release the batch later.',
  },
  CLOSED: {
    advice: 'give_up',
    says: '{about} is closed: {problem}',
    fix: 'Open another one.',
  },
  BROKER_REFUSED: {
    advice: 'give_up',
    says: '{about}: {problem}',
    fix: 'See what the broker says, here and in its log.',
  },
} as const satisfies Readonly<Record<string, Entry>>

export type KafkaErrorCode = keyof typeof catalogue
