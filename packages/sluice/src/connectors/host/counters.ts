/**
 * Readings of the machine as texts and counters, made into one sample. Pure: what was read comes in as arguments.
 *
 * A counter that cannot be read is null, and so is every rate over it; a counter that fell (a device left, or it
 * wrapped) gives null for that interval, not a negative rate.
 */

export interface CpuTimes {
  /** Time spent doing something and time in all, in any one unit. */
  readonly busy: number
  readonly total: number
}

export interface Traffic {
  readonly inBytes: number
  readonly outBytes: number
}

/** Everything that is read at one moment. */
export interface Reading {
  readonly atMs: number
  readonly cpu: CpuTimes | null
  readonly cores: readonly CpuTimes[]
  readonly load: readonly [number, number, number] | null
  readonly memory: { readonly usedBytes: number; readonly totalBytes: number } | null
  readonly swap: { readonly usedBytes: number; readonly totalBytes: number } | null
  readonly disk: { readonly usedBytes: number; readonly totalBytes: number } | null
  readonly diskTraffic: Traffic | null
  readonly network: Traffic | null
  readonly uptimeSeconds: number | null
}

/** `/proc/stat`: all cores together, then each. Guest time is part of user time already; waiting for a disk is idle. */
export const parseProcStat = (text: string): { cpu: CpuTimes | null; cores: CpuTimes[] } => {
  const cores: CpuTimes[] = []
  let cpu: CpuTimes | null = null
  for (const line of text.split('\n')) {
    const [name, ...columns] = line.trim().split(/\s+/)
    if (name === undefined || !/^cpu\d*$/.test(name)) continue
    const times = columns.slice(0, 8).map(Number)
    const total = times.reduce((sum, time) => sum + time, 0)
    const idle = (times[3] ?? 0) + (times[4] ?? 0)
    const of = { busy: total - idle, total }
    if (name === 'cpu') cpu = of
    else cores.push(of)
  }
  return { cpu, cores }
}

/** `/proc/meminfo`: used is what could not be given to a new program. */
export const parseMemoryInfo = (text: string): Pick<Reading, 'memory' | 'swap'> => {
  const bytesOf = (name: string): number | null => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
    return found === null ? null : Number(found[1]) * 1024
  }
  const used = (total: number | null, free: number | null): Reading['memory'] =>
    total === null || free === null ? null : { usedBytes: total - free, totalBytes: total }
  return {
    memory: used(bytesOf('MemTotal'), bytesOf('MemAvailable')),
    swap: used(bytesOf('SwapTotal'), bytesOf('SwapFree')),
  }
}

/** Disks whose traffic is that of others, or none: loop, RAM, device mapper, RAID, optical, network block. */
const derivedDisk = /^(loop|ram|zram|dm-|md|sr|fd|nbd)/

/** `/proc/diskstats`, summed over whole physical disks. Sectors are 512 bytes, whatever the disk's are. */
export const parseDiskStats = (text: string, wholeDisks: readonly string[]): Traffic | null => {
  const wanted = new Set(wholeDisks.filter((name) => !derivedDisk.test(name)))
  let found = false
  let inBytes = 0
  let outBytes = 0
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/\s+/)
    if (!wanted.has(columns[2] ?? '')) continue
    found = true
    inBytes += Number(columns[5]) * 512
    outBytes += Number(columns[9]) * 512
  }
  return found ? { inBytes, outBytes } : null
}

/** `/proc/net/dev`, summed over physical interfaces, or over all but loopback where none of them is there. */
export const parseNetworkDevices = (text: string, physical: readonly string[]): Traffic | null => {
  const rows = new Map<string, Traffic>()
  for (const line of text.split('\n')) {
    const parts = /^\s*([^:\s]+):\s*(.*)$/.exec(line)
    const columns = parts?.[2]?.trim().split(/\s+/) ?? []
    const name = parts?.[1]
    if (name === undefined || name === 'lo' || columns.length < 9) continue
    rows.set(name, { inBytes: Number(columns[0]), outBytes: Number(columns[8]) })
  }
  const counted = physical.filter((name) => rows.has(name))
  const names = counted.length > 0 ? counted : [...rows.keys()]
  if (names.length === 0) return null
  let inBytes = 0
  let outBytes = 0
  for (const name of names) {
    inBytes += rows.get(name)?.inBytes ?? 0
    outBytes += rows.get(name)?.outBytes ?? 0
  }
  return { inBytes, outBytes }
}

const percent = (before: CpuTimes | null | undefined, after: CpuTimes | null | undefined): number | null => {
  if (before === null || before === undefined || after === null || after === undefined) return null
  const total = after.total - before.total
  const busy = after.busy - before.busy
  return total <= 0 || busy < 0 ? null : Math.min(100, Math.round((10_000 * busy) / total) / 100)
}

const perSecond = (before: number | undefined, after: number | undefined, ms: number): number | null =>
  before === undefined || after === undefined || after < before || ms <= 0
    ? null
    : Math.round(((after - before) * 1_000) / ms)

/** The sample that lies between two readings: rates over the time between them, states as of the later one. */
export const sampleOf = (host: string, before: Reading, after: Reading, perCore: boolean) => {
  const intervalMs = after.atMs - before.atMs
  const sameCores = before.cores.length === after.cores.length
  return {
    host,
    timestamp: new Date(after.atMs).toISOString(),
    interval_ms: intervalMs,
    cpu_count: after.cores.length === 0 ? null : after.cores.length,
    cpu_percent: percent(before.cpu, after.cpu),
    ...(perCore
      ? {
          cpu_core_percent: after.cores.map((core, i) => (sameCores ? percent(before.cores[i], core) : null)),
        }
      : {}),
    load_1m: after.load?.[0] ?? null,
    load_5m: after.load?.[1] ?? null,
    load_15m: after.load?.[2] ?? null,
    memory_used_bytes: after.memory?.usedBytes ?? null,
    memory_total_bytes: after.memory?.totalBytes ?? null,
    swap_used_bytes: after.swap?.usedBytes ?? null,
    swap_total_bytes: after.swap?.totalBytes ?? null,
    disk_used_bytes: after.disk?.usedBytes ?? null,
    disk_total_bytes: after.disk?.totalBytes ?? null,
    disk_read_bytes_per_s: perSecond(before.diskTraffic?.inBytes, after.diskTraffic?.inBytes, intervalMs),
    disk_write_bytes_per_s: perSecond(before.diskTraffic?.outBytes, after.diskTraffic?.outBytes, intervalMs),
    network_received_bytes_per_s: perSecond(before.network?.inBytes, after.network?.inBytes, intervalMs),
    network_sent_bytes_per_s: perSecond(before.network?.outBytes, after.network?.outBytes, intervalMs),
    uptime_s: after.uptimeSeconds,
  }
}
