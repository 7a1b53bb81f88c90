/** Reads this machine: `/proc` and `/sys` on Linux, what the `os` module knows elsewhere. Never fails; null instead. */
import { access, readdir, readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os'
import {
  type CpuTimes,
  parseDiskStats,
  parseMemoryInfo,
  parseNetworkDevices,
  parseProcStat,
  type Reading,
} from './counters.ts'

const orNull = async <T>(reading: Promise<T>): Promise<T | null> => {
  try {
    return await reading
  } catch {
    return null
  }
}

const textOf = (path: string): Promise<string | null> => orNull(readFile(path, 'utf8'))
const namesIn = async (path: string): Promise<string[]> => (await orNull(readdir(path))) ?? []

const diskSpace = async (path: string): Promise<Reading['disk']> => {
  const space = await orNull(statfs(path))
  if (space === null || space.blocks === 0) return null
  return {
    usedBytes: (space.blocks - space.bfree) * space.bsize,
    totalBytes: space.blocks * space.bsize,
  }
}

/** Interfaces with a device behind them; bridges, tunnels and pairs carry the same bytes once more. */
const physicalInterfaces = async (): Promise<string[]> => {
  const names = await namesIn('/sys/class/net')
  const physical = await Promise.all(
    names.map(async (name) => (await orNull(access(`/sys/class/net/${name}/device`))) !== null),
  )
  return names.filter((_, i) => physical[i])
}

const readLinux = async (disk: string, atMs: number): Promise<Reading> => {
  const [stat, memory, disks, network, wholeDisks, interfaces, space] = await Promise.all([
    textOf('/proc/stat'),
    textOf('/proc/meminfo'),
    textOf('/proc/diskstats'),
    textOf('/proc/net/dev'),
    namesIn('/sys/block'),
    physicalInterfaces(),
    diskSpace(disk),
  ])
  return {
    atMs,
    ...(stat === null ? { cpu: null, cores: [] } : parseProcStat(stat)),
    load: loadOf(),
    ...(memory === null ? { memory: null, swap: null } : parseMemoryInfo(memory)),
    disk: space,
    diskTraffic: disks === null ? null : parseDiskStats(disks, wholeDisks),
    network: network === null ? null : parseNetworkDevices(network, interfaces),
    uptimeSeconds: Math.round(uptime()),
  }
}

const loadOf = (): Reading['load'] => {
  const [one, five, fifteen] = loadavg()
  return one === undefined || five === undefined || fifteen === undefined ? null : [one, five, fifteen]
}

const readElsewhere = async (disk: string, atMs: number): Promise<Reading> => {
  const cores: CpuTimes[] = cpus().map(({ times }) => {
    const busy = times.user + times.nice + times.sys + times.irq
    return { busy, total: busy + times.idle }
  })
  const sum = (of: keyof CpuTimes): number => cores.reduce((total, core) => total + core[of], 0)
  return {
    atMs,
    cpu: cores.length === 0 ? null : { busy: sum('busy'), total: sum('total') },
    cores,
    // Windows has no load average; the module answers zeros there.
    load: process.platform === 'win32' ? null : loadOf(),
    memory: { usedBytes: totalmem() - freemem(), totalBytes: totalmem() },
    swap: null,
    disk: await diskSpace(disk),
    diskTraffic: null,
    network: null,
    uptimeSeconds: Math.round(uptime()),
  }
}

/** Reads the machine now; `disk` is a folder on the disk whose space counts. */
export const readMachine = (disk: string, atMs: number): Promise<Reading> =>
  process.platform === 'linux' ? readLinux(disk, atMs) : readElsewhere(disk, atMs)
