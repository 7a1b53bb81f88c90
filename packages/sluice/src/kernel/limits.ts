/** Every limit of Sluice that is not a setting, in one place. */
export const limits = {
  /** A body nested deeper than this is poison. */
  jsonDepthMax: 64,
  ingestBodyBytesMax: 16 * 1024 * 1024,
  ingestRecordsMax: 10_000,
  ingestInFlightBytesMax: 128 * 1024 * 1024,
  /** Rows that one answer of the API may hold. */
  pageRowsMax: 1_000,
  /** All files of the dashboard together, in memory. */
  pageBytesMax: 64 * 1024 * 1024,
  configBytesMax: 4 * 1024 * 1024,
  pipelinesMax: 1_000,
  /** Records and bytes of one pipeline that are read and not yet committed. */
  inFlightRecordsMax: 200_000,
  inFlightBytesMax: 64 * 1024 * 1024,
  deadLetterReasonCharsMax: 4_096,
  /** A record's id may come from a header that anybody can set. */
  recordIdCharsMax: 1_024,
  /** Body of any call that does not ingest. */
  requestBodyBytesMax: 4 * 1024 * 1024,
  /** A body that is refused for its size is read to its end up to this size, so that its sender gets to read why. */
  discardedBodyBytesMax: 256 * 1024 * 1024,
  /** Bodies of all calls together that are received and not yet answered. */
  bodiesInFlightBytesMax: 256 * 1024 * 1024,
  /** Clients that follow messages at the same time, on one server. */
  followersMax: 100,
  /** Of a key, a value or a header, where nobody asks for more. */
  previewBytesPreset: 1024 * 1024,
  previewBytesMax: 64 * 1024 * 1024,
  /** A larger document is shown as text: building it would hold up everybody. */
  shownDocumentBytesMax: 256 * 1024,
  /** A larger value is not judged by a filter. */
  searchedValueBytesMax: 4 * 1024 * 1024,
  /** A page of messages ends when it holds so much, whatever its limit. */
  messagePageBytesMax: 4 * 1024 * 1024,
  /** A search pauses after so much. */
  searchRecordsMax: 500_000,
  searchBytesMax: 256 * 1024 * 1024,
  searchMs: 1_500,
  /** Sessions at the same time; the one that was used longest ago gives way. */
  sessionsMax: 200,
  /** Links that wait to be used. */
  signInLinksMax: 50,
  /** Attempts to sign in within a minute: from one address, and from all. Tokens are too long to be guessed anyway. */
  signInAttemptsByAddressMax: 60,
  signInAttemptsMax: 300,
  /** The live feed. */
  live: {
    connectionsMax: 500,
    subscriptionsMax: 32,
    /** Channels with parameters that are polled or read at the same time, however many watch each. */
    feedsMax: 200,
    /** A message from a client. */
    messageBytesMax: 16 * 1024,
    /** Messages that a client may send at once, and each second from then on. */
    messagesBurstMax: 100,
    messagesPerSecondMax: 20,
    filterCharsMax: 8_192,
    updateMs: 100,
    rowsPerUpdateMax: 100,
    /** Rows of one update together; one row may be larger. */
    updateBytesMax: 64 * 1024,
    /** Of the value of a message. */
    previewBytesMax: 4 * 1024,
    /** What a channel of rows keeps for who was away or is slow. */
    keptRowsMax: 5_000,
    keptBytesMax: 4 * 1024 * 1024,
    /** How long a channel of rows goes on after the last one left. */
    lingerMs: 15_000,
    /** A connection that has so much unsent is passed over. */
    unsentBytesMax: 512 * 1024,
    bytesPerSecondMax: 8 * 1024 * 1024,
    aliveMs: 5_000,
    pingMs: 15_000,
    silenceMsMax: 45_000,
    idleMsMax: 600_000,
    /** How often it is asked whether who opened a connection still may. */
    authenticateMs: 3_000,
  },
} as const
