/**
 * The embedded PostgreSQL: a real server as a child process, for whoever has none.
 *
 * - Everything is fsynced; only this machine reaches it, with a random password.
 * - Started again when it dies, shut down cleanly when asked. When we are killed, a watchdog shuts it down; what is
 *   still left is ended by the next start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { freeAddress, isLoopback, type ListenAddress } from './ports.ts'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts'
import { clusterName, prepareCluster } from './postgres-cluster.ts'
import { endLeftPostmaster, postgresEnding, readPostmasterFile } from './postgres-leftover.ts'
import { type ProcessPlan, type SupervisedProcess, type SupervisionContext, supervise } from './process.ts'
import { type Unprivileged, unprivilegedFor } from './unprivileged.ts'

export interface PostgresOptions {
  /** The data directory of Sluice; PostgreSQL has folders of its own in it. */
  readonly directory: string
  /** Port 0 takes any free one. */
  readonly listen: ListenAddress
}

export interface EmbeddedPostgres {
  /** Connection address with role, password and database. A secret. */
  readonly url: string
  readonly listen: ListenAddress
  readonly passwordFile: string
  readonly process: SupervisedProcess
}

/** For a laptop: modest memory, nothing that grows without bound, nothing lost. */
const settings: Readonly<Record<string, string>> = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '128MB',
  max_connections: '100',
  max_wal_size: '1GB',
  max_slot_wal_keep_size: '1GB',
  temp_file_limit: '4GB',
  idle_in_transaction_session_timeout: '60s',
  // A worker that vanished from the network must not keep its locks.
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_error_statement: 'panic',
  log_line_prefix: '',
}

const setting = '--postgres (SLUICE_POSTGRES)'
const readyWithinMs = 300_000
const pollMs = 10

/**
 * Ends PostgreSQL when its standard input closes: we hold the other end, and dying closes it. The lock file is asked
 * first, so that a number that was given to another process is left alone.
 */
const watchdogScript = `
while read -r _; do :; done
[ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] || exit 0
kill -INT "$1" || exit 0
waited=0
while [ "$waited" -lt 20 ] && kill -0 "$1"; do sleep 1; waited=$((waited + 1)); done
kill -QUIT "$1"
`

const startWatchdog = (pid: number, data: string): ChildProcess | undefined => {
  if (process.platform === 'win32') return undefined
  const watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'sluice-postgres-watchdog', String(pid), data], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without it, the next start still finds what was left.
  watchdog.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}

const untilReady = async (pid: number, data: string, signal: AbortSignal, clock: Clock): Promise<void> => {
  const until = clock.now() + readyWithinMs
  while (!signal.aborted) {
    const file = readPostmasterFile(data)
    if (file?.pid === pid && file.ready) return
    if (clock.now() > until) {
      const problem = `it did not answer within ${readyWithinMs / 1000} s`
      throw fault('PART_NOT_STARTED', { part: 'PostgreSQL', problem })
    }
    await clock.sleep(pollMs, signal)
  }
}

interface Setup {
  readonly binaries: PostgresBinaries
  readonly user: Unprivileged
  readonly data: string
  readonly listen: ListenAddress
}

const postgresPlan = ({ binaries, user, data, listen }: Setup, context: SupervisionContext): ProcessPlan => {
  const { clock, logger } = context
  const watchdogs = new Map<number, ChildProcess>()
  const args = ['-D', data, '-h', listen.host, '-p', String(listen.port), '-c', 'unix_socket_directories=']
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  return {
    name: 'PostgreSQL',
    ending: postgresEnding,
    spawn: async () => {
      await endLeftPostmaster(data, logger, clock)
      const wrapped = user.wrap(binaries.postgres, args)
      const child = spawn(wrapped.command, wrapped.args, {
        ...user.ids,
        cwd: data,
        env: { ...process.env, ...binaries.env, LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
        windowsHide: true,
      })
      if (child.pid !== undefined) {
        const watchdog = startWatchdog(child.pid, data)
        if (watchdog !== undefined) watchdogs.set(child.pid, watchdog)
      }
      return child
    },
    ready: async (child, signal) => {
      if (child.pid !== undefined) await untilReady(child.pid, data, signal, clock)
    },
    ended: ({ pid }) => {
      if (pid === undefined) return
      watchdogs.get(pid)?.kill('SIGKILL')
      watchdogs.delete(pid)
    },
    line: (line) => {
      // Whoever asks too early is told so, and asks again: no news for anybody.
      const isEarly = /the database system is (?:starting up|not yet accepting connections)/.test(line)
      if (/^(FATAL|PANIC|WARNING):/.test(line) && !isEarly) logger.warn(line)
      else logger.debug(line)
    },
  }
}

/**
 * Starts PostgreSQL 18 in `directory`, making its data there first if there is none.
 *
 * The directory has to be locked by the caller. Throws PORT_TAKEN, ADDRESS_UNUSABLE, POSTGRES_MISSING,
 * ROOT_CANNOT_SHARE, DATA_OF_OTHER_VERSION, LEFTOVER_SURVIVES, PART_NOT_STARTED.
 * @param settled called with the address before anything listens there; what an earlier run left is gone by then
 */
export const startPostgres = async (
  options: PostgresOptions,
  parent: SupervisionContext,
  settled: (listen: ListenAddress) => void = () => undefined,
): Promise<EmbeddedPostgres> => {
  // PostgreSQL has a lock file of its own, by which the next start finds what was left.
  const lock = { note: () => undefined, forget: () => undefined }
  const context = { ...parent, logger: parent.logger.of('postgres'), lock }
  const data = join(options.directory, 'postgres')
  const passwordFile = join(options.directory, 'postgres.password')
  const linksFolder = join(options.directory, 'postgres.libraries')
  if (!isLoopback(options.listen.host)) {
    const problem = 'the embedded PostgreSQL serves this machine only'
    throw fault('ADDRESS_UNUSABLE', { address: options.listen.host, what: 'PostgreSQL', problem, setting })
  }
  const binaries = findPostgres(linksFolder)
  const user = unprivilegedFor([binaries.postgres, data, join(linksFolder, 'any')])
  await endLeftPostmaster(data, context.logger, context.clock)
  const listen = await freeAddress(options.listen, 'PostgreSQL', setting)
  settled(listen)
  const { password, made } = await prepareCluster(binaries, user, { data, passwordFile })
  if (made) context.logger.info(`Made a new PostgreSQL ${binaries.major} database in ${data}.`)
  const process = await supervise(postgresPlan({ binaries, user, data, listen }, context), context)
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return {
    url: `postgres://${clusterName}:${password}@${host}:${listen.port}/${clusterName}`,
    listen,
    passwordFile,
    process,
  }
}
