/**
 * What the address of a Messages page asks for, and the same as a question to the API, as curl and as a command.
 *
 * Addresses are typed by people and kept in bookmarks: whatever makes no sense in one is left out, never an error.
 */
import type { TimeRange } from '../../parts/brush.ts'

export const inspectorViews = ['tree', 'raw', 'hex', 'headers', 'diff'] as const
export type InspectorView = (typeof inspectorViews)[number]

/** The search part of the address; what is left out is the usual. */
export interface MessagesSearch {
  readonly filter?: string
  /** The window over the histogram, ISO 8601. */
  readonly since?: string
  readonly until?: string
  /** Newest first unless told. */
  readonly order?: 'oldest'
  readonly partition?: number
  /** Start at this offset, oldest first. */
  readonly offset?: string
  readonly follow?: true
  /** The message that is inspected, as `PARTITION-OFFSET`. */
  readonly m?: string
  readonly view?: InspectorView
}

const timeOf = (value: string | undefined): string | undefined => {
  const at = value === undefined ? Number.NaN : Date.parse(value)
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

const matching = (value: string | undefined, pattern: RegExp): string | undefined =>
  value !== undefined && pattern.test(value) ? value : undefined

/** Reads an address. */
export const readSearch = (raw: Readonly<Record<string, string | undefined>>): MessagesSearch => {
  const filter = raw['filter']?.slice(0, 8_000)
  const [since, until] = [timeOf(raw['since']), timeOf(raw['until'])]
  const partition = matching(raw['partition'], /^\d{1,6}$/)
  const offset = matching(raw['offset'], /^\d{1,19}$/)
  const m = matching(raw['m'], /^\d{1,6}-\d{1,19}$/)
  const view = inspectorViews.find((one) => one === raw['view'])
  return {
    ...(filter === undefined || filter === '' ? {} : { filter }),
    ...(since !== undefined && until !== undefined && since < until ? { since, until } : {}),
    ...(raw['order'] === 'oldest' ? { order: 'oldest' as const } : {}),
    ...(partition === undefined ? {} : { partition: Number(partition) }),
    ...(offset === undefined ? {} : { offset }),
    ...(raw['follow'] === 'true' ? { follow: true as const } : {}),
    ...(m === undefined ? {} : { m }),
    ...(view === undefined ? {} : { view }),
  }
}

/** The inspected message as `placeOf` names it, or null. */
export const inspected = (search: MessagesSearch): { partition: number; offset: string } | null => {
  const [partition, offset] = search.m?.split('-') ?? []
  return partition === undefined || offset === undefined ? null : { partition: Number(partition), offset }
}

/** The window drawn over the histogram, or null. */
export const windowOf = (search: MessagesSearch): TimeRange | null =>
  search.since === undefined || search.until === undefined
    ? null
    : { from: Date.parse(search.since), until: Date.parse(search.until) }

/** What `GET …/messages` is asked. */
export interface Question {
  readonly from: string
  readonly until?: string
  readonly filter?: string
  readonly partition?: number
}

/**
 * The question behind an address. A filter without a window searches the range that the histogram shows, so that the
 * search has an end; without a filter one may scroll back for as long as there is something.
 */
export const questionOf = (search: MessagesSearch, range: TimeRange | null): Question => {
  const rest = {
    ...(search.filter === undefined ? {} : { filter: search.filter }),
    ...(search.partition === undefined ? {} : { partition: search.partition }),
  }
  if (search.offset !== undefined) return { from: `offset:${search.offset}`, ...rest }
  const window = windowOf(search)
  const bounds = window ?? (search.filter === undefined ? null : range)
  if (bounds === null) return { from: search.order === 'oldest' ? 'earliest' : 'newest', ...rest }
  const [start, end] = [new Date(bounds.from).toISOString(), new Date(bounds.until).toISOString()]
  if (search.order === 'oldest')
    return { from: `time:${start}`, ...(window === null ? {} : { until: `time:${end}` }), ...rest }
  return { from: window === null ? 'newest' : `before:${end}`, until: `time:${start}`, ...rest }
}

/** A word for a shell, quoted where it has to be. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** For calls from the folder where Sluice was started: the key is named, never shown. */
export const keyHeader = '-H "authorization: Bearer $(cat .sluice/admin.key)"'

/** The same question for a terminal. */
export const curlOf = (origin: string, topic: string, question: Question): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(question)) query.set(name, String(value))
  return `curl ${keyHeader} ${shellWord(`${origin}/api/topics/${encodeURIComponent(topic)}/messages?${query.toString()}`)}`
}

/** The same question for Sluice's own command line. */
export const commandOf = (topic: string, search: MessagesSearch, question: Question): string =>
  [
    './sluice consume',
    shellWord(topic),
    ...(search.follow === true
      ? ['-f']
      : question.from === 'newest'
        ? []
        : ['--from', shellWord(question.from)]),
    ...(search.follow === true || question.until === undefined ? [] : ['--until', shellWord(question.until)]),
    ...(question.filter === undefined ? [] : ['--filter', shellWord(question.filter)]),
    ...(question.partition === undefined ? [] : ['--partition', String(question.partition)]),
  ].join(' ')
