/** E's weather payload. */
import { dayCurve, mix, wander } from '../noise.ts'
import { clamp, enveloped, type GeneratorType, round } from '../type.ts'

const cities = [
  'Berlin',
  'Cairo',
  'Delhi',
  'London',
  'Madrid',
  'New York',
  'Oslo',
  'Sydney',
  'Tokyo',
] as const

export const weather: GeneratorType = {
  name: 'weather',
  summary: 'In an envelope: `city`, `temperature` (-5 to 45), `condition`.',
  subjects: cities.length,
  make: (draw) => {
    const index = draw.anyOf(cities.length)
    const city = cities[index] ?? cities[0]
    const own = mix(draw.seed, index)
    const hours = draw.timeMs / 3_600_000
    const temperature = clamp(
      8 + (own % 24) + 5 * dayCurve(draw.timeMs) + 9 * wander(own, hours / 24),
      -5,
      45,
    )
    const wet = wander(own + 5, hours / 8)
    const condition =
      wet > 0.35
        ? temperature < 1
          ? 'snow'
          : 'rain'
        : wet > 0.05
          ? 'cloudy'
          : wet > -0.1
            ? 'windy'
            : 'sunny'
    return enveloped(draw, 'weather', city, { city, temperature: round(temperature, 1), condition })
  },
}
