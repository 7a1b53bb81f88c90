/** Every limit of Sluice that is not a setting, in one place. */
export const limits = {
  /** A body nested deeper than this is poison. */
  jsonDepthMax: 64,
  ingestBodyBytesMax: 16 * 1024 * 1024,
  ingestRecordsMax: 10_000,
  ingestInFlightBytesMax: 128 * 1024 * 1024,
  /** Rows that one answer of the API may hold. */
  pageRowsMax: 1_000,
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
  /** Sessions at the same time; the one that was used longest ago gives way. */
  sessionsMax: 200,
  /** Links that wait to be used. */
  signInLinksMax: 50,
  /** Attempts to sign in within a minute: from one address, and from all. Tokens are too long to be guessed anyway. */
  signInAttemptsByAddressMax: 60,
  signInAttemptsMax: 300,
} as const
