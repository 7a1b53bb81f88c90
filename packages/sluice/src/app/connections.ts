/** What Sluice is connected to, and round trips over new connections: what a test says is what a new client would meet. */
import type { ConnectionRow, Connections, ConnectionTest } from '../api/ports.ts'
import type { Configuration } from '../config/configuration.ts'
import type { Clock } from '../kernel/clock.ts'
import { isFault, messageOf } from '../kernel/faults/index.ts'
import { adviceFor } from './connection-advice.ts'
import { sinkDatabaseUrl } from './sink-databases.ts'

const deadlineMs = 5_000

type Facts = ConnectionTest['facts']

/** How each kind is asked; every one opens a connection of its own and rejects where nothing answers. */
export interface Probes {
  readonly kafka: () => Promise<Facts>
  /** @param url null: Sluice's own */
  readonly database: (url: string | null) => Promise<Facts>
  readonly http: () => Promise<Facts>
}

export interface ConnectionsOptions {
  readonly configuration: () => Configuration
  /** What the file said when this process started: its own connections are taken from it. */
  readonly startedWith: Configuration
  readonly addresses: { readonly kafka: string; readonly database: string; readonly http: string }
  readonly probes: Probes
  readonly clock: Clock
}

interface Target extends Omit<ConnectionRow, 'last'> {
  readonly probe: () => Promise<Facts>
}

/** An address without what is secret in it. */
export const addressWithoutPassword = (url: string): string => {
  try {
    const { protocol, username, host, pathname } = new URL(url)
    return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
  } catch {
    return 'as the file says'
  }
}

const targetsOf = (options: ConnectionsOptions): readonly Target[] => {
  const { addresses, probes, startedWith } = options
  const { pipelines } = options.configuration()
  const names = pipelines.map(({ name }) => name)
  const usesKafka = pipelines.filter(({ source, sink }) => source.use === 'kafka' || sink.use === 'kafka')
  const own: readonly Target[] = [
    {
      name: 'kafka',
      kind: 'kafka',
      title: 'Kafka',
      address: addresses.kafka,
      embedded: startedWith.kafka === 'embedded',
      usedBy: usesKafka.map(({ name }) => name),
      probe: probes.kafka,
    },
    {
      name: 'database',
      kind: 'database',
      title: 'PostgreSQL of Sluice',
      address: addresses.database,
      embedded: startedWith.database === 'embedded',
      usedBy: names,
      probe: () => probes.database(null),
    },
    {
      name: 'http',
      kind: 'http',
      title: 'API',
      address: addresses.http,
      embedded: true,
      usedBy: pipelines.filter(({ source }) => source.use === 'http').map(({ name }) => name),
      probe: probes.http,
    },
  ]
  const byUrl = Map.groupBy(pipelines, sinkDatabaseUrl)
  const sinks = [...byUrl].flatMap(([url, users]): Target[] => {
    const [first] = users
    if (url === null || first === undefined) return []
    return [
      {
        name: `sink.${first.name}`,
        kind: 'database',
        title: `PostgreSQL of ${users.map(({ name }) => name).join(', ')}`,
        address: addressWithoutPassword(url),
        embedded: false,
        usedBy: users.map(({ name }) => name),
        probe: () => probes.database(url),
      },
    ]
  })
  return [...own, ...sinks]
}

/** One round trip; what went wrong is told, never thrown. */
const testOf = async ({ kind, address, embedded, probe }: Target, clock: Clock): Promise<ConnectionTest> => {
  const startedAtMs = clock.now()
  const done = new AbortController()
  const late = clock.sleep(deadlineMs, done.signal).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1_000} s`)
  })
  const told = (problem: string | null, fix: string | null, facts: Facts): ConnectionTest => {
    const checkedAtMs = clock.now()
    return { ok: problem === null, checkedAtMs, latencyMs: checkedAtMs - startedAtMs, problem, fix, facts }
  }
  try {
    return told(null, null, await Promise.race([probe(), late]))
  } catch (error) {
    const problem = messageOf(isFault(error) && error.cause instanceof Error ? error.cause : error)
    return told(problem, adviceFor({ kind, address, embedded, error }), [])
  } finally {
    late.catch(() => undefined)
    done.abort()
  }
}

export const createConnections = (options: ConnectionsOptions): Connections => {
  const lasts = new Map<string, ConnectionTest>()
  const running = new Map<string, Promise<ConnectionTest>>()
  const rowOf = ({ probe: _, ...target }: Target): ConnectionRow => ({
    ...target,
    last: lasts.get(`${target.name} ${target.address}`) ?? null,
  })
  /** However many ask, one round trip at a time. */
  const testOnce = (target: Target): Promise<ConnectionTest> => {
    const key = `${target.name} ${target.address}`
    const present = running.get(key)
    if (present !== undefined) return present
    const test = testOf(target, options.clock)
      .then((result) => {
        lasts.set(key, result)
        return result
      })
      .finally(() => running.delete(key))
    running.set(key, test)
    return test
  }
  return {
    list: () => Promise.resolve(targetsOf(options).map(rowOf)),
    test: async (name) => {
      const target = targetsOf(options).find((one) => one.name === name)
      if (target === undefined) return null
      await testOnce(target)
      return rowOf(target)
    },
  }
}
