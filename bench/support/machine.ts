/** What a benchmark ran on, and what its processes used. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

export const machineLine = (): string => {
  const [first] = cpus()
  const gib = Math.round(totalmem() / 1024 ** 3)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${gib} GiB, Node ${process.versions.node}, load before ${load}`
}

// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; USER_HZ is 100 wherever Node runs.
const ticksPerSecond = 100

/** CPU seconds (user and system) that a process used so far; Linux only. */
export const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** The most memory that a process ever had, in MB; Linux only. */
export const peakMegabytesOf = (pid: number): number => {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1000)
}

export const thousands = (count: number): string => `${Math.round(count / 1000)} k`

/** Resident memory of a process in MB; Linux only. */
export const residentMegabytesOf = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1000)
}
