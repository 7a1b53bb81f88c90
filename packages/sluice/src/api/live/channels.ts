/** What a subscription asks for, as a feed: checks channel and parameters, and knows what each channel is fed from. */
import type { Principal } from '../../contract/answers.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { type LiveChannel, liveChannels } from '../../contract/live.ts'
import type { Permission } from '../../contract/permissions.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import type { Subject } from '../authorize.ts'
import { bodyCheck, type Check } from '../checks.ts'
import { answerTo, type MountedResource } from '../mount.adapter.ts'
import { fieldsOf } from '../plain.ts'
import type { Kafka } from '../ports.ts'
import type { FeedRequest } from './feeds.ts'
import { messageRows } from './message-rows.ts'
import { startRowsFeed } from './rows-feed.ts'
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
  readonly clock: Clock
  /** Whose answers the state channels send. */
  readonly resources: readonly MountedResource[]
  readonly checkAnswers: boolean
}

const isChannel = (name: string): name is LiveChannel => Object.hasOwn(liveChannels, name)

/** Feeds are shared by those who may do the same: an answer may show more to one than to another. */
const audienceOf = ({ permissions }: Principal): string =>
  permissions === 'all' ? 'all' : [...permissions].toSorted().join(',')

const keyOf = (channel: string, params: Readonly<Record<string, unknown>>, principal: Principal): string =>
  JSON.stringify([
    channel,
    audienceOf(principal),
    Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ])

const textIn = (params: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = params[name]
  return typeof value === 'string' ? value : undefined
}

const pickFrom = (
  params: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, unknown>>,
): Record<string, unknown> => Object.fromEntries(Object.entries(params).filter(([name]) => name in names))

const stateFeed = (
  parts: ChannelParts,
  { entry, everyMs }: { readonly entry: Endpoint; readonly everyMs: number },
  params: Readonly<Record<string, unknown>>,
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

const messagesFeed = (
  { kafka, clock }: ChannelParts,
  params: Readonly<Record<string, unknown>>,
): FeedRequest['start'] => {
  const { partition } = params
  const from = textIn(params, 'from') ?? 'latest'
  const source = messageRows(kafka, clock, {
    topic: textIn(params, 'topic') ?? '',
    partition: typeof partition === 'number' ? partition : undefined,
    from,
    filter: null,
  })
  return () => startRowsFeed(source, clock, from !== 'latest')
}

export const channelsOf = (parts: ChannelParts): Channels => {
  const checks: ReadonlyMap<string, Check> = new Map(
    Object.entries(liveChannels).map(([name, channel]) => [name, bodyCheck(channel.params)]),
  )
  return (name, given, principal) => {
    const check = checks.get(name)
    if (check === undefined || !isChannel(name)) throw fault('NOT_FOUND', { kind: 'channel', name })
    const params = fieldsOf(check(given))
    const channel = liveChannels[name]
    const { permission, resource } = channel.entry
    const subject = {
      kind: resource.kind,
      name: resource.name === null ? null : (textIn(params, name === 'messages' ? 'topic' : 'name') ?? null),
    }
    const key = keyOf(name, params, principal)
    return channel.kind === 'rows'
      ? {
          permission,
          subject,
          feed: { key, start: messagesFeed(parts, params), lingerMs: limits.live.lingerMs },
        }
      : {
          permission,
          subject,
          feed: { key, start: stateFeed(parts, channel, params, principal), lingerMs: 0 },
        }
  }
}
