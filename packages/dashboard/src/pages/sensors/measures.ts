/** What sensors and machines measure: names, units, how they are written. */
import { rateText, sizeText, unknown } from '../../parts/format.ts'

type Format = (value: number | null | undefined) => string

const oneDigit: Format = (value) => (value === null || value === undefined ? unknown : value.toFixed(1))
const perSecond: Format = (value) =>
  value === null || value === undefined ? unknown : `${sizeText(value)}/s`

export const sensorMeasures = [
  { measure: 'temperature', title: 'Temperature', unit: '°C', format: oneDigit },
  { measure: 'humidity', title: 'Humidity', unit: '%', format: oneDigit },
  { measure: 'pressure', title: 'Pressure', unit: 'hPa', format: oneDigit },
] as const

/** Charts of a machine: each with one or two lines. */
export const machineCharts = [
  {
    title: 'CPU',
    note: '%',
    unit: '%',
    format: rateText,
    lines: [{ name: 'CPU', measure: 'cpu_percent' }],
  },
  {
    title: 'Memory',
    note: 'used',
    unit: '',
    format: sizeText as Format,
    lines: [{ name: 'Used', measure: 'memory_used_bytes' }],
  },
  {
    title: 'Disk',
    note: 'a second',
    unit: '',
    format: perSecond,
    lines: [
      { name: 'Read', measure: 'disk_read_bytes_per_s' },
      { name: 'Written', measure: 'disk_write_bytes_per_s' },
    ],
  },
  {
    title: 'Network',
    note: 'a second',
    unit: '',
    format: perSecond,
    lines: [
      { name: 'Received', measure: 'network_received_bytes_per_s' },
      { name: 'Sent', measure: 'network_sent_bytes_per_s' },
    ],
  },
  {
    title: 'Load',
    note: 'processes that run or wait',
    unit: '',
    format: oneDigit,
    lines: [{ name: 'Load', measure: 'load_1m' }],
  },
  {
    title: 'Disk space',
    note: 'used',
    unit: '',
    format: sizeText as Format,
    lines: [{ name: 'Used', measure: 'disk_used_bytes' }],
  },
] as const
