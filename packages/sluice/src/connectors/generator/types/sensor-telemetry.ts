/** A's richer sensor readings: one measured value, with where the sensor is and how it does. */
import { dayCurve, mix, wander } from '../noise.ts'
import { between, clamp, type GeneratorType, hex, padded, round } from '../type.ts'

/** What a type of sensor measures: its unit, its middle, how far it swings with the day and by itself. */
const kinds = [
  { type: 'temperature', unit: 'celsius', middle: 21, day: 3, own: 3, least: -40 },
  { type: 'humidity', unit: 'percent', middle: 48, day: -6, own: 12, least: 0 },
  { type: 'pressure', unit: 'hPa', middle: 1013, day: 0, own: 14, least: 900 },
  { type: 'co2', unit: 'ppm', middle: 700, day: 220, own: 180, least: 380 },
  { type: 'light', unit: 'lux', middle: 300, day: 300, own: 80, least: 0 },
] as const

export const sensorTelemetry: GeneratorType = {
  name: 'sensor_telemetry',
  summary:
    'One value a record: `reading_id, sensor_id, sensor_type, value, unit, location {building, floor, room}, ' +
    'battery_percent, status, firmware, timestamp`; key `sensor_id`.',
  subjects: 50,
  make: ({ seed, timeMs, timestamp, random, inTurn }) => {
    const { subject } = inTurn()
    const own = mix(seed, subject)
    const hours = timeMs / 3_600_000
    const kind = kinds[subject % kinds.length] ?? kinds[0]
    const value = kind.middle + kind.day * dayCurve(timeMs) + kind.own * wander(own, hours / 3)
    // A battery lasts about sixty days and is then changed.
    const battery = 100 - ((hours / 24 + (own % 60)) % 60) * 1.6
    const sensorId = `${kind.type}-${padded(subject + 1, 3)}`
    return {
      key: sensorId,
      body: {
        reading_id: hex(random, 16),
        sensor_id: sensorId,
        sensor_type: kind.type,
        value: round(Math.max(kind.least, value + between(random, -0.1, 0.1))),
        unit: kind.unit,
        location: {
          building: `building-${(own % 3) + 1}`,
          floor: ((own >>> 4) % 5) + 1,
          room: `room-${((own >>> 8) % 20) + 1}`,
        },
        battery_percent: round(clamp(battery, 0, 100), 1),
        status: random() < 0.004 ? 'error' : battery < 10 ? 'low_battery' : 'ok',
        firmware: `2.${own % 4}.${(own >>> 3) % 10}`,
        timestamp,
      },
    }
  },
}
