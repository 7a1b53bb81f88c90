/**
 * An embedded single-node Kafka broker: `startBroker` opens a data directory, listens, and answers Kafka clients.
 *
 * - What was acknowledged is there after any restart, as far as the durability mode promises (`commit`: always).
 * - A directory belongs to one broker at a time.
 */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { type GroupLimits, groupLimits } from './coordinators/group-state.ts'
import { openGroups } from './coordinators/open-groups.ts'
import type { Durability } from './log/appender.ts'
import { type Clock, systemClock } from './log/clock.ts'
import { DataDirectory } from './log/data-directory.ts'
import { lockDirectory } from './log/directory-lock.ts'
import { diskSpace } from './log/disk-space.ts'
import { DiskTopics } from './log/disk-topics.ts'
import { type FileSystem, nodeFileSystem } from './log/file-system.ts'
import { SlabCutter, SlabPool } from './log/slab.ts'
import { TailCacheRoom } from './log/tail-cache.ts'
import type { Broker, BrokerSettings } from './requests/define.ts'
import { requests } from './requests/index.ts'
import { Server } from './server/server.ts'
import type { ReadMode } from './server/socket.adapter.ts'
import { type ServerLimits, serverLimits } from './server/traffic.ts'

export type { Durability } from './log/appender.ts'

export interface BrokerOptions {
  /** Where topics live; made when it isn't there. */
  readonly dataDir: string
  /** 127.0.0.1 unless given. */
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /**
   * `commit` (the default) flushes to the disk before it acknowledges; `interval` flushes every `flushEveryMs`, and a
   * power cut loses what came since; `os` leaves flushing to the operating system. A killed process loses nothing in any.
   */
  readonly durability?: Durability
  readonly flushEveryMs?: number
  /** What clients are told to connect to; the address they came in on unless given. */
  readonly advertised?: { readonly host: string; readonly port: number }
  /** Whether asking for the metadata of a topic makes it (the default). */
  readonly autoCreateTopics?: boolean
  /** Partitions of topics that are made without saying how many. */
  readonly defaultPartitions?: number
  readonly retentionCheckMs?: number
  readonly settings?: Partial<BrokerSettings>
  readonly limits?: Partial<ServerLimits>
  /** Memory for the latest records, per partition and in all. */
  readonly cacheBytes?: { readonly partition: number; readonly broker: number }
  /** Lines for the operator; standard error unless given. */
  readonly report?: (line: string) => void
  readonly clock?: Clock
  readonly random?: () => number
  /** Something unique at every call, for member ids of groups. */
  readonly uniquePart?: () => string
  /** Bounds of consumer groups that differ from the defaults. */
  readonly groupLimits?: Partial<GroupLimits>
  readonly fileSystem?: FileSystem
  readonly readMode?: ReadMode
}

export interface RunningBroker {
  /** As clients write it: host:port. */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly clusterId: string
  /** Answers what was asked, flushes, and gives the directory free. */
  close(): Promise<void>
}

const mebibyte = 1024 * 1024
const nodeId = 1

const memory = {
  slabBytes: 4 * mebibyte,
  freeMax: 4,
  outBytesMax: 112 * mebibyte,
  cacheBytes: { partition: 16 * mebibyte, broker: 64 * mebibyte },
} as const

/** What is told to clients is what the coordinator goes by. */
const settingsOf = (options: BrokerOptions): BrokerSettings => {
  const groups: GroupLimits = { ...groupLimits, ...options.groupLimits }
  return {
    autoCreateTopics: options.autoCreateTopics ?? true,
    defaultPartitions: options.defaultPartitions ?? 1,
    advertised: options.advertised ?? null,
    fetchBytesMax: 55 * mebibyte,
    groupMinSessionTimeoutMs: groups.sessionTimeoutMinMs,
    groupMaxSessionTimeoutMs: groups.sessionTimeoutMaxMs,
    groupInitialRebalanceDelayMs: groups.initialRebalanceDelayMs,
    offsetsRetentionMs: groups.offsetsRetentionMs,
    offsetsTopicPartitions: 1,
    ...options.settings,
  }
}

/** Whoever opens, closes: in the order opposite to opening, each one even if another fails. */
class Closers {
  readonly #work: (() => Promise<void> | void)[] = []

  add(work: () => Promise<void> | void): void {
    this.#work.push(work)
  }

  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const work of this.#work.splice(0).toReversed()) {
      try {
        await work()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'the broker did not stop in good order')
  }
}

const open = async (
  options: BrokerOptions,
  closers: Closers,
): Promise<{ broker: Broker; server: Server }> => {
  const { dataDir, durability = 'commit', clock = systemClock, fileSystem = nodeFileSystem } = options
  const report = options.report ?? ((line: string) => void process.stderr.write(`${line}\n`))
  await fileSystem.makeFolder(dataDir)
  closers.add(await lockDirectory(dataDir))
  const directory = await DataDirectory.open(fileSystem, dataDir)
  const pool = new SlabPool(memory)
  const cutter = new SlabCutter(pool)
  closers.add(() => cutter.close())
  const cacheBytes = options.cacheBytes ?? memory.cacheBytes
  const cacheRoom = new TailCacheRoom(
    { partitionBytesMax: cacheBytes.partition, brokerBytesMax: cacheBytes.broker },
    pool,
  )
  const topics = await DiskTopics.open(dataDir, { fileSystem, clock, durability, cutter, cacheRoom, report })
  closers.add(() => topics.close())
  topics.startMaintenance({
    retentionCheckMs: options.retentionCheckMs ?? 30_000,
    flushEveryMs: options.flushEveryMs ?? 50,
  })
  const groups = await openGroups({
    topics,
    clock,
    report,
    uniquePart: options.uniquePart ?? randomUUID,
    ...(options.groupLimits === undefined ? {} : { limits: options.groupLimits }),
  })
  closers.add(() => groups.close())
  topics.onDeleted((topic) => {
    groups.topicDeleted(topic.name).catch((error: unknown) => {
      report(`offsets of the deleted topic ${topic.name} could not be forgotten: ${String(error)}`)
    })
  })
  const stopping = new AbortController()
  const broker: Broker = {
    nodeId,
    clusterId: directory.clusterId,
    settings: settingsOf(options),
    logDirectory: { path: path.resolve(dataDir), space: () => diskSpace(dataDir) },
    clock,
    random: options.random ?? Math.random,
    topics,
    groups,
    stopping: stopping.signal,
    nextProducerId: () => directory.nextProducerId(),
    report,
  }
  const limits = { ...serverLimits, ...options.limits }
  const { readMode } = options
  const server = await Server.listen(
    { broker, requests, pool, limits, ...(readMode === undefined ? {} : { readMode }) },
    options.host ?? '127.0.0.1',
    options.port ?? 0,
  )
  closers.add(() => {
    stopping.abort()
    groups.stop()
    return server.close()
  })
  return { broker, server }
}

/**
 * Starts a broker. Throws when the directory is in use, its catalog is damaged, or the address is taken; nothing is left
 * open then.
 */
export const startBroker = async (options: BrokerOptions): Promise<RunningBroker> => {
  const closers = new Closers()
  try {
    const { broker, server } = await open(options, closers)
    const { host, port } = server.address
    return {
      host,
      port,
      address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      clusterId: broker.clusterId,
      close: () => closers.close(),
    }
  } catch (error) {
    await closers.close().catch(() => undefined)
    throw error
  }
}
