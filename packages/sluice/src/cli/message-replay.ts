/** Messages of a topic over the API: what is there, page by page, and what comes, without loss or double when a connection breaks. */
import type { AnswerOf } from '../contract/endpoint.ts'
import { contract } from '../contract/index.ts'
import { isFault } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import { counted } from '../kernel/plural.ts'
import { RemoteFault } from './client-transport.ts'
import type { CommandContext } from './command.ts'
import { isBackward } from './message-points.ts'
import type { WriteMessage } from './message-text.ts'
import { countText } from './words.ts'

const { read, follow } = contract.messages.endpoints

type Page = AnswerOf<typeof read>

export interface Wanted {
  readonly topic: string
  readonly from: string
  readonly until: string | undefined
  readonly filter: string | undefined
  readonly partition: number | undefined
  /** null: all. */
  readonly limit: number | null
}

const pageRecordsMax = 1_000

/** What a search went through, told when it ends. */
interface Searched {
  scanned: number
  matched: number
  unjudged: number
  example: Page['unjudged_example']
}

const note = ({ io }: CommandContext, wanted: Wanted, searched: Searched): void => {
  if (wanted.filter === undefined) return
  const { scanned, matched, unjudged, example } = searched
  io.err(`${countText(matched)} of ${counted(scanned, 'message')} match.\n`)
  if (unjudged === 0 || example === null) return
  io.err(
    `The filter could not judge ${countText(unjudged)}, the first at ${example.partition}/${example.offset}: ${example.problem}\n`,
  )
}

/** Reads pages until there are enough, or nothing is left; each page is handed over as it comes. */
const eachPage = async (
  context: CommandContext,
  wanted: Wanted,
  previewBytes: number,
  signal: AbortSignal,
  onPage: (page: Page) => Promise<void>,
): Promise<{ readonly next: string; readonly first: Page | null }> => {
  const { client, io } = context
  const { topic, until, filter, partition, limit } = wanted
  let from = wanted.from
  let left = limit ?? Number.POSITIVE_INFINITY
  let first: Page | null = null
  while (!signal.aborted && left > 0) {
    const query = {
      from,
      until,
      filter,
      partition,
      limit: Math.min(left, pageRecordsMax),
      preview_bytes: previewBytes,
    }
    const page = await client.call(read, { params: { name: topic }, query }, signal)
    first ??= page
    await onPage(page)
    left -= page.count
    from = page.next
    if (page.at_end) break
    if (filter !== undefined && page.count < query.limit && io.stderrIsTerminal) {
      io.err(
        `Looked at ${countText(page.scanned)} more; at most ${countText(Number(page.remaining))} left.\n`,
      )
    }
  }
  return { next: from, first }
}

const add = (searched: Searched, page: Page): void => {
  searched.scanned += page.scanned
  searched.matched += page.matched
  searched.unjudged += page.unjudged
  searched.example ??= page.unjudged_example
}

/**
 * Prints what is there, oldest first; of what is read newest first the last `limit`.
 * @returns how many were written, and from where to follow on
 */
export const replay = async (
  context: CommandContext,
  wanted: Wanted,
  write: WriteMessage,
): Promise<{ readonly written: number; readonly followFrom: string }> => {
  const signal = AbortSignal.any([context.signal, context.io.readerGone])
  const searched: Searched = { scanned: 0, matched: 0, unjudged: 0, example: null }
  let written = 0
  const writePage = async (page: Page): Promise<void> => {
    add(searched, page)
    for (const message of page.data) await write(message)
    written += page.count
  }
  if (!isBackward(wanted.from)) {
    const { first } = await eachPage(context, wanted, limits.previewBytesMax, signal, writePage)
    note(context, wanted, searched)
    return { written, followFrom: first?.follow_from ?? 'latest' }
  }
  // Backwards first, to find where the last ones begin: on a terminal the last line should be the newest.
  const { first, next } = await eachPage(context, wanted, 0, signal, (page) => {
    add(searched, page)
    return Promise.resolve()
  })
  const followFrom = first?.follow_from ?? 'latest'
  if (first !== null && searched.matched > 0 && !signal.aborted) {
    const forward = {
      ...wanted,
      from: next.replace(/^before:/, 'at:'),
      until: first.from.replace(/^before:/, 'at:'),
      limit: searched.matched,
    }
    await eachPage(context, forward, limits.previewBytesMax, signal, async (page) => {
      for (const message of page.data) await write(message)
      written += page.count
    })
  }
  note(context, wanted, searched)
  return { written, followFrom }
}

const firstWaitMs = 250
const longestWaitMs = 5_000

/** Worth another try: nobody answers, or says that it cannot now. */
const isPassing = (error: unknown): boolean =>
  error instanceof RemoteFault
    ? error.status === 503 || error.status === 429
    : isFault(error) && (error.code === 'SERVER_UNREACHABLE' || error.code === 'ANSWER_UNEXPECTED')

/** Offsets by partition, out of `at:0=42,1=17`. */
const offsetsOf = (at: string): Map<number, bigint> =>
  new Map(
    [...at.matchAll(/(\d+)=(\d+)/g)].map(([, partition = '', offset = '']) => [
      Number(partition),
      BigInt(offset),
    ]),
  )

const textOf = (offsets: ReadonlyMap<number, bigint>): string =>
  `at:${[...offsets].map(([partition, offset]) => `${partition}=${offset}`).join(',')}`

/**
 * Prints what comes until `limit`, or Ctrl-C. A connection that breaks is made again, and reading goes on behind the last
 * message that was printed of each partition.
 */
export const followOn = async (
  context: CommandContext,
  wanted: Wanted,
  write: WriteMessage,
): Promise<number> => {
  const { client, clock, io } = context
  const { topic, filter, partition, limit } = wanted
  const done = new AbortController()
  const ended = AbortSignal.any([context.signal, io.readerGone, done.signal])
  const params = { name: topic }
  // As offsets, so that a second connection begins where this one did.
  const query = { from: wanted.from, partition, limit: 1, preview_bytes: 0 }
  const start = await client.call(read, { params, query }, ended)
  const offsets = offsetsOf(start.from)
  let written = 0
  let waitMs = firstWaitMs
  let isTold = false
  while (!ended.aborted) {
    const from = offsets.size === 0 ? 'latest' : textOf(offsets)
    try {
      const input = { params, query: { from, filter, partition, preview_bytes: limits.previewBytesMax } }
      for await (const message of client.follow(follow, input, ended)) {
        await write(message)
        offsets.set(message.partition, BigInt(message.offset) + 1n)
        waitMs = firstWaitMs
        isTold = false
        written++
        if (written === limit) {
          done.abort()
          return written
        }
      }
    } catch (error) {
      if (ended.aborted) break
      if (!isPassing(error)) throw error
    }
    if (ended.aborted) break
    if (!isTold) io.err(`The connection to ${client.address} broke; trying again. Ctrl-C ends.\n`)
    isTold = true
    await clock.sleep(waitMs, ended)
    waitMs = Math.min(longestWaitMs, waitMs * 2)
  }
  return written
}
