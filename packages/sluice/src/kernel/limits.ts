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
} as const
