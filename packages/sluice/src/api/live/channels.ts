/** What a subscription asks for, as a feed: checks channel and parameters, and knows what each channel is fed from. */
import type { Principal } from '../../contract/answers.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { type LiveChannel, liveChannels } from '../../contract/live.ts'
import type { Permission } from '../../contract/permissions.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { type LogLevel, logLevels } from '../../kernel/logger.ts'
import type { Subject } from '../authorize.ts'
import { bodyCheck, type Check } from '../checks.ts'
import { compileMessageFilter } from '../message-filter.ts'
import { answerTo, type MountedResource } from '../mount.adapter.ts'
import { fieldsOf } from '../plain.ts'
import type { Kafka, LogTail } from '../ports.ts'
import type { FeedRequest } from './feeds.ts'
import { logRows } from './log-rows.ts'
import { messageRows } from './message-rows.ts'
import { type RowsSource, startRowsFeed } from './rows-feed.ts'
import { startStateFeed } from './state-feed.ts'

/** A subscription as it was asked for: what the caller must be allowed, and the feed. */
export interface Asked {
  readonly permission: Permission | null
  readonly subject: Subject
  readonly feed: FeedRequest
}

/** @throws RequestProblems, fault NOT_FOUND */
export type Channels = (channel: string, params: unknown, principal: Principal) => Asked

export interface ChannelParts {
  readonly kafka: Kafka
  readonly logTail: LogTail
  readonly clock: Clock
  /** Whose answers the state channels send. */
  readonly resources: readonly MountedResource[]
  readonly checkAnswers: boolean
}

type Params = Readonly<Record<string, unknown>>

const isChannel = (name: string): name is LiveChannel => Object.hasOwn(liveChannels, name)

/** Feeds are shared by those who may do the same: an answer may show more to one than to another. */
const audienceOf = ({ permissions }: Principal): string =>
  permissions === 'all' ? 'all' : [...permissions].toSorted().join(',')

const keyOf = (channel: string, params: Params, principal: Principal): string =>
  JSON.stringify([
    channel,
    audienceOf(principal),
    Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ])

const textIn = (params: Params, name: string): string | undefined => {
  const value = params[name]
  return typeof value === 'string' ? value : undefined
}

const pickFrom = (params: Params, names: Params): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => name in names))

const stateFeed = (
  parts: ChannelParts,
  { entry, everyMs }: { readonly entry: Endpoint; readonly everyMs: number },
  params: Params,
  principal: Principal,
): FeedRequest['start'] => {
  const answer = answerTo(parts.resources, entry, parts.checkAnswers)
  const call = {
    params: pickFrom(params, entry.params.properties),
    query: pickFrom(params, entry.query.properties),
    principal,
    requestId: 'live',
  }
  return () =>
    startStateFeed({ answer: (signal) => answer({ ...call, signal }), everyMs, clock: parts.clock })
}

const isLevel = (text: string | undefined): text is LogLevel => logLevels.some((level) => level === text)

/** @throws fault EXPRESSION_INVALID */
const messagesSource = ({ kafka, clock }: ChannelParts, params: Params): RowsSource => {
  const { partition } = params
  const filter = textIn(params, 'filter')
  return messageRows(kafka, clock, {
    topic: textIn(params, 'topic') ?? '',
    partition: typeof partition === 'number' ? partition : undefined,
    from: textIn(params, 'from') ?? 'latest',
    filter: filter === undefined ? null : compileMessageFilter(filter),
  })
}

const logsSource = ({ logTail }: ChannelParts, params: Params): RowsSource => {
  const level = textIn(params, 'level')
  return logRows(logTail, {
    level: isLevel(level) ? level : null,
    component: textIn(params, 'component') ?? null,
    process: textIn(params, 'process') ?? null,
    text: textIn(params, 'text') ?? null,
  })
}

const rowsFeed = (parts: ChannelParts, name: 'messages' | 'logs', params: Params): FeedRequest['start'] => {
  const source = name === 'messages' ? messagesSource(parts, params) : logsSource(parts, params)
  const isFromStart = name === 'messages' && (textIn(params, 'from') ?? 'latest') !== 'latest'
  return () => startRowsFeed(source, parts.clock, isFromStart)
}

/** What the caller must be allowed: the same as for the entry. */
const accessOf = (name: LiveChannel, params: Params): Pick<Asked, 'permission' | 'subject'> => {
  const { permission, resource } = liveChannels[name].entry
  const named = resource.name === null ? undefined : textIn(params, name === 'messages' ? 'topic' : 'name')
  return { permission, subject: { kind: resource.kind, name: named ?? null } }
}

export const channelsOf = (parts: ChannelParts): Channels => {
  const checks: ReadonlyMap<string, Check> = new Map(
    Object.entries(liveChannels).map(([name, channel]) => [name, bodyCheck(channel.params)]),
  )
  return (name, given, principal) => {
    const check = checks.get(name)
    if (check === undefined || !isChannel(name)) throw fault('NOT_FOUND', { kind: 'channel', name })
    const params = fieldsOf(check(given))
    const key = keyOf(name, params, principal)
    if (name === 'messages' || name === 'logs') {
      const start = rowsFeed(parts, name, params)
      return { ...accessOf(name, params), feed: { key, start, lingerMs: limits.live.lingerMs } }
    }
    const start = stateFeed(parts, liveChannels[name], params, principal)
    return { ...accessOf(name, params), feed: { key, start, lingerMs: 0 } }
  }
}
