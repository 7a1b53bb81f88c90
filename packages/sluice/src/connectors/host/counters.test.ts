import { describe, expect, test } from 'vitest'
import {
  parseDiskStats,
  parseMemoryInfo,
  parseNetworkDevices,
  parseProcStat,
  type Reading,
  sampleOf,
} from './counters.ts'

const procStat = `cpu  100 0 50 800 50 0 0 0 30 0
cpu0 60 0 20 400 20 0 0 0 0 0
cpu1 40 0 30 400 30 0 0 0 0 0
intr 12345
ctxt 99
`

const diskStats = `   7       0 loop0 9 9 9 9 9 9 9 9 0 0 0
 259       0 nvme0n1 10 0 2000 5 20 0 4000 7 0 3 12
 259       1 nvme0n1p1 10 0 2000 5 20 0 4000 7 0 3 12
 253       0 dm-0 10 0 2000 5 20 0 4000 7 0 3 12
`

const networkDevices = `Inter-|   Receive                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1111 1 0 0 0 0 0 0 1111 1 0 0 0 0 0 0
  eth0: 5000 1 0 0 0 0 0 0 300 1 0 0 0 0 0 0
docker0:70000 1 0 0 0 0 0 0 90000 1 0 0 0 0 0 0
`

describe('reading /proc', () => {
  test('counts waiting for a disk as idle and guest time once', () => {
    expect(parseProcStat(procStat)).toEqual({
      cpu: { busy: 150, total: 1000 },
      cores: [
        { busy: 80, total: 500 },
        { busy: 70, total: 500 },
      ],
    })
  })

  test('used memory is what is not available', () => {
    const text = 'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 700 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n'
    expect(parseMemoryInfo(text)).toEqual({
      memory: { usedBytes: 300 * 1024, totalBytes: 1000 * 1024 },
      swap: { usedBytes: 0, totalBytes: 0 },
    })
  })

  test('memory without an available figure is unknown', () => {
    expect(parseMemoryInfo('MemTotal: 1000 kB\nMemFree: 100 kB\n').memory).toBeNull()
  })

  test('counts whole disks once, without their partitions and what is mapped on them', () => {
    expect(parseDiskStats(diskStats, ['loop0', 'nvme0n1', 'dm-0'])).toEqual({
      inBytes: 2000 * 512,
      outBytes: 4000 * 512,
    })
  })

  test('disk traffic is unknown where there is no physical disk', () => {
    expect(parseDiskStats(diskStats, ['loop0', 'dm-0'])).toBeNull()
  })

  test.each([
    {
      says: 'physical interfaces only, where there are some',
      physical: ['eth0'],
      inBytes: 5000,
      outBytes: 300,
    },
    { says: 'all but loopback where there are none', physical: [], inBytes: 75_000, outBytes: 90_300 },
  ])('counts $says', ({ physical, inBytes, outBytes }) => {
    expect(parseNetworkDevices(networkDevices, physical)).toEqual({ inBytes, outBytes })
  })
})

const reading = (over: Partial<Reading>): Reading => ({
  atMs: 0,
  cpu: { busy: 0, total: 0 },
  cores: [],
  load: [0.5, 0.25, 0.125],
  memory: null,
  swap: null,
  disk: null,
  diskTraffic: { inBytes: 1_000, outBytes: 0 },
  network: { inBytes: 500, outBytes: 500 },
  uptimeSeconds: 10,
  ...over,
})

describe('a sample', () => {
  test('has rates over the time that lies between its readings', () => {
    const after = reading({
      atMs: 2_000,
      cpu: { busy: 50, total: 200 },
      diskTraffic: { inBytes: 5_000, outBytes: 0 },
    })
    expect(sampleOf('h', reading({}), after, false)).toMatchObject({
      host: 'h',
      timestamp: '1970-01-01T00:00:02.000Z',
      interval_ms: 2_000,
      cpu_percent: 25,
      disk_read_bytes_per_s: 2_000,
      disk_write_bytes_per_s: 0,
    })
  })

  test.each([
    {
      says: 'a counter that fell',
      over: { network: { inBytes: 1, outBytes: 600 } },
      field: 'network_received_bytes_per_s',
    },
    { says: 'a counter that is gone', over: { network: null }, field: 'network_sent_bytes_per_s' },
    {
      says: 'a processor clock that stood still',
      over: { cpu: { busy: 0, total: 0 } },
      field: 'cpu_percent',
    },
    { says: 'memory that cannot be read', over: { memory: null }, field: 'memory_used_bytes' },
    { says: 'load that is not known', over: { load: null }, field: 'load_1m' },
  ])('is null, not 0, for $says', ({ over, field }) => {
    expect(sampleOf('h', reading({}), reading({ atMs: 1_000, ...over }), false)).toHaveProperty(field, null)
  })

  test('lists the use of each core when asked, null when a core came or went', () => {
    const two = [
      { busy: 0, total: 0 },
      { busy: 0, total: 0 },
    ]
    const used = [
      { busy: 10, total: 10 },
      { busy: 5, total: 10 },
    ]
    const at = reading({ atMs: 1_000, cores: used })
    expect(sampleOf('h', reading({ cores: two }), at, true)).toMatchObject({ cpu_core_percent: [100, 50] })
    expect(sampleOf('h', reading({ cores: [] }), at, true)).toMatchObject({ cpu_core_percent: [null, null] })
  })
})
