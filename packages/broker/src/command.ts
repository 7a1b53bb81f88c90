/**
 * What the command line of the broker does: reads flags, starts a broker, and ends it in good order.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type RunningBroker, startBroker } from './index.ts'
import type { Durability } from './log/appender.ts'

const help = `Usage: sluice-broker [options]

An embedded single-node Kafka broker.

  --listen host:port       Where to listen (default 127.0.0.1:9092)
  --dir path               Where topics live (default ./sluice-broker-data)
  --durability mode        commit: flush before every acknowledgement (default)
                           interval: flush every --flush-every milliseconds
                           os: leave flushing to the operating system
  --flush-every ms         For --durability interval (default 50)
  --advertise host:port    What clients are told to connect to (default: the address they came in on)
  --partitions n           Partitions of topics made without saying how many (default 1)
  --no-auto-create         Asking for an unknown topic does not make it
  --parent-pid pid         End when this process is gone
  --help                   This text

Examples:
  sluice-broker --listen 127.0.0.1:9092 --dir ./data
  sluice-broker --listen 0.0.0.0:9092 --advertise kafka.example:9092 --durability interval

Exit codes: 0 stopped in good order, 1 could not start or stop, 2 wrong options.
`

/** An option that makes no sense; its message is for the person who typed it. */
class OptionError extends Error {}

export interface CommandOptions {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly durability: Durability
  readonly flushEveryMs: number
  readonly advertised: { readonly host: string; readonly port: number } | null
  readonly defaultPartitions: number
  readonly autoCreateTopics: boolean
  readonly parentPid: number | null
}

const parseAddress = (text: string, flag: string): { host: string; port: number } => {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:\s]+)):(?<port>\d{1,5})$/.exec(text)
  const host = match?.groups?.['six'] ?? match?.groups?.['host']
  const port = Number(match?.groups?.['port'])
  if (host === undefined || port > 65_535) {
    throw new OptionError(`${flag} ${text}: expected host:port, such as 127.0.0.1:9092`)
  }
  return { host, port }
}

const parseCount = (text: string, flag: string): number => {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new OptionError(`${flag} ${text}: expected a whole number above 0`)
  return count
}

const isDurability = (text: string): text is Durability => ['commit', 'interval', 'os'].includes(text)

/** The options in a command line, or null when help is wanted. Throws when one makes no sense. */
export const parseCommand = (args: readonly string[]): CommandOptions | null => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      listen: { type: 'string', default: '127.0.0.1:9092' },
      dir: { type: 'string', default: './sluice-broker-data' },
      durability: { type: 'string', default: 'commit' },
      'flush-every': { type: 'string', default: '50' },
      advertise: { type: 'string' },
      partitions: { type: 'string', default: '1' },
      'no-auto-create': { type: 'boolean', default: false },
      'parent-pid': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const { durability } = values
  if (!isDurability(durability)) {
    throw new OptionError(`--durability ${durability}: expected commit, interval or os`)
  }
  const parent = values['parent-pid']
  return {
    ...parseAddress(values.listen, '--listen'),
    dataDir: path.resolve(values.dir),
    durability,
    flushEveryMs: parseCount(values['flush-every'], '--flush-every'),
    advertised: values.advertise === undefined ? null : parseAddress(values.advertise, '--advertise'),
    defaultPartitions: parseCount(values.partitions, '--partitions'),
    autoCreateTopics: !values['no-auto-create'],
    parentPid: parent === undefined ? null : parseCount(parent, '--parent-pid'),
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of somebody else is alive, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const parentCheckMs = 500

/** Settles with the reason to end: a signal, or that whoever started us is gone. */
const untilAsked = (parentPid: number | null): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal))
    if (process.channel !== undefined && process.channel !== null) {
      process.once('disconnect', () => resolve('its parent closed the channel'))
    }
    if (parentPid === null) return
    const timer = setInterval(() => {
      if (isAlive(parentPid)) return
      clearInterval(timer)
      resolve('its parent is gone')
    }, parentCheckMs)
  })

const isAddressInUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

const start = async (options: CommandOptions): Promise<RunningBroker | null> => {
  const { advertised, parentPid: _, ...rest } = options
  try {
    return await startBroker({ ...rest, ...(advertised === null ? {} : { advertised }) })
  } catch (error) {
    const address = `${options.host}:${options.port}`
    const says = isAddressInUse(error)
      ? `${address} is taken by another process; choose another address with --listen`
      : error instanceof Error
        ? error.message
        : String(error)
    process.stderr.write(`sluice-broker cannot start: ${says}\n`)
    return null
  }
}

const run = async (options: CommandOptions): Promise<number> => {
  const asked = untilAsked(options.parentPid)
  const broker = await start(options)
  if (broker === null) return 1
  process.stdout.write(
    `sluice-broker is listening on ${broker.address} (data in ${options.dataDir}, durability ${options.durability})\n`,
  )
  // A reader of our output that is gone must not end us: the log of a broker is worth less than its work.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const reason = await asked
  process.stderr.write(`sluice-broker stops: ${reason}\n`)
  await broker.close()
  return 0
}

/** Runs the broker until it is asked to end; answers the exit code. */
export const runBroker = async (args: readonly string[]): Promise<number> => {
  try {
    const options = parseCommand(args)
    if (options === null) {
      process.stdout.write(help)
      return 0
    }
    return await run(options)
  } catch (error) {
    const isUsage = error instanceof OptionError || (error instanceof TypeError && 'code' in error)
    process.stderr.write(`sluice-broker: ${error instanceof Error ? error.message : String(error)}\n`)
    return isUsage ? 2 : 1
  }
}
