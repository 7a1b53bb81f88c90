/** The host source: what this machine is doing, measured, every second. */
import { Type } from 'typebox'
import { defineSource, type OptionProblem } from '../../flow/connector.ts'
import { parseDurationMs } from '../../kernel/units.ts'
import { durationOption, fittingOptions, optionProblem } from '../options.ts'

export const hostOptions = Type.Object(
  {
    every: durationOption('Time between two samples, at least 100ms.', '1s'),
    disk: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'A folder on the disk whose space is measured. Default: the folder of the configuration file.',
      }),
    ),
    per_core: Type.Boolean({
      default: false,
      description: 'Adds `cpu_core_percent`: a list with the use of each core.',
    }),
  },
  { additionalProperties: false },
)

const everyMsMin = 100

/** What the schema cannot say. */
export const hostProblems = (options: unknown): OptionProblem[] => {
  const checked = fittingOptions(hostOptions, options)
  if (checked === undefined) return []
  const { every } = checked
  return (parseDurationMs(every) ?? 0) >= everyMsMin
    ? []
    : [optionProblem(['every'], `${every} is too short`, `give at least ${everyMsMin}ms`)]
}

export const hostSource = defineSource({
  name: 'host',
  summary: 'Measures CPU, memory, load, disk and network of the machine it runs on.',
  details: [
    'One record a sample; its key is the host name, its time the moment of the sample. Fields: `host`, `timestamp`,',
    '`interval_ms` (what the rates are over), `cpu_count`, `cpu_percent`, `load_1m`, `load_5m`, `load_15m`,',
    '`memory_used_bytes`, `memory_total_bytes`, `swap_used_bytes`, `swap_total_bytes`, `disk_used_bytes`,',
    '`disk_total_bytes`, `disk_read_bytes_per_s`, `disk_write_bytes_per_s`, `network_received_bytes_per_s`,',
    '`network_sent_bytes_per_s`, `uptime_s`.',
    '',
    'What cannot be measured here is null, never 0: outside Linux that is swap, disk and network traffic, on Windows',
    'also the load. Disk traffic is that of whole physical disks; network traffic that of physical interfaces, or of',
    'all but loopback where there is none (as in a container). It runs once a machine, however many workers there are.',
    'Time during which it does not run, or is held back, leaves a gap: it never invents a sample.',
  ].join('\n'),
  options: hostOptions,
  examine: hostProblems,
  guarantee: {
    delivery: 'at least once',
    order: 'by time, per host',
    because:
      'A sample that was not committed when the process died is gone, like every moment that nobody measured.',
  },
  ownership: 'lease',
  runsOn: 'worker',
  open: async (options, context) => {
    const { openHost } = await import('./source.ts')
    return openHost(options, context)
  },
})
