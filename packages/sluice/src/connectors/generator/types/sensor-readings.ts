/** Readings of rooms: temperature follows the day, humidity mirrors it, pressure is shared by all sensors. */
import { dayCurve, mix, wander } from '../noise.ts'
import { between, clamp, type GeneratorType, padded, round } from '../type.ts'

const sites = ['Berlin', 'Hamburg', 'Lisbon', 'Oslo', 'Porto', 'Vienna'] as const
const rooms = ['lobby', 'office', 'server room', 'warehouse', 'workshop'] as const

export const sensorReadings: GeneratorType = {
  name: 'sensor_readings',
  summary:
    'Flat readings: `sensor_id, temperature, humidity, pressure, location, timestamp`; key `sensor_id`.',
  subjects: 10,
  make: ({ seed, timeMs, timestamp, random, inTurn }) => {
    const { subject } = inTurn()
    const own = mix(seed, subject)
    const hours = timeMs / 3_600_000
    const swing = 2.5 * dayCurve(timeMs) + 2 * wander(own, hours / 3)
    const temperature = 18 + (own % 60) / 10 + swing + between(random, -0.1, 0.1)
    const humidity = 52 - 2.2 * swing + 9 * wander(own + 17, hours / 5) + between(random, -0.4, 0.4)
    const pressure = 1013 + 14 * wander(seed, hours / 30) + between(random, -0.15, 0.15)
    const site = sites[own % sites.length] ?? sites[0]
    const room = rooms[(own >>> 8) % rooms.length] ?? rooms[0]
    const sensorId = `sensor-${padded(subject + 1, 3)}`
    return {
      key: sensorId,
      body: {
        sensor_id: sensorId,
        temperature: round(temperature),
        humidity: round(clamp(humidity, 5, 98)),
        pressure: round(pressure),
        location: `${site}, ${room}`,
        timestamp,
      },
    }
  },
}
