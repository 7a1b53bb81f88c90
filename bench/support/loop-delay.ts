/**
 * Loaded into processes that are measured (`--import`): writes their event loop's delay and memory to a file, twice a
 * second. SIGUSR2 begins the measurement anew.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

const folder = process.env['SLUICE_LOOP_DELAY_DIR']

if (folder !== undefined) {
  const resolutionMs = 1
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let utilization = performance.eventLoopUtilization()
  process.on('SIGUSR2', () => {
    delay.reset()
    utilization = performance.eventLoopUtilization()
  })
  const file = join(folder, `${process.pid}.json`)
  const msOf = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  setInterval(() => {
    const figures = {
      pid: process.pid,
      words: process.argv.slice(2),
      p50Ms: msOf(delay.percentile(50)),
      p99Ms: msOf(delay.percentile(99)),
      maxMs: msOf(delay.max),
      busy: performance.eventLoopUtilization(utilization).utilization,
      residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
      heapMegabytes: Math.round(process.memoryUsage().heapUsed / 1e6),
    }
    writeFileSync(`${file}.new`, JSON.stringify(figures))
    renameSync(`${file}.new`, file)
  }, 500).unref()
}
