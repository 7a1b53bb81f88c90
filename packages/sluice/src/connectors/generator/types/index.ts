/** Every type of data that the generator can make. */
import type { GeneratorType } from '../type.ts'
import { brokerlytics } from './brokerlytics.ts'
import { generic } from './generic.ts'
import { logs } from './logs.ts'
import { payments } from './payments.ts'
import { sensor } from './sensor.ts'
import { sensorReadings } from './sensor-readings.ts'
import { sensorTelemetry } from './sensor-telemetry.ts'
import { serviceLogs } from './service-logs.ts'
import { userActivity } from './user-activity.ts'
import { userEvents } from './user-events.ts'
import { weather } from './weather.ts'

export const generatorTypes: readonly GeneratorType[] = [
  sensorReadings,
  sensor,
  logs,
  weather,
  userActivity,
  payments,
  generic,
  userEvents,
  sensorTelemetry,
  serviceLogs,
  brokerlytics,
]
