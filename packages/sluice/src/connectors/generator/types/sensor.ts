/** E's sensor payload. */
import { dayCurve, mix, wander } from '../noise.ts'
import { clamp, enveloped, type GeneratorType, round } from '../type.ts'

export const sensor: GeneratorType = {
  name: 'sensor',
  summary:
    'In an envelope: `sensor_id` (1-100), `temperature` (20-40), `humidity` (30-90), `pressure` (950-1050).',
  subjects: 100,
  make: (draw) => {
    const { subject } = draw.inTurn()
    const own = mix(draw.seed, subject)
    const hours = draw.timeMs / 3_600_000
    const payload = {
      sensor_id: subject + 1,
      temperature: round(clamp(30 + 4 * dayCurve(draw.timeMs) + 7 * wander(own, hours / 3), 20, 40)),
      humidity: round(clamp(60 + 35 * wander(own + 17, hours / 5), 30, 90)),
      pressure: round(clamp(1000 + 55 * wander(own + 31, hours / 20), 950, 1050)),
    }
    return enveloped(draw, 'sensor', String(payload.sensor_id), payload)
  },
}
