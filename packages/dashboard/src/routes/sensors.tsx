/** System D's page: charts of sensors and of this machine, latest values. */
import { definePage } from './define-page.ts'

export const sensorsPage = definePage({
  path: '/sensors',
  title: 'Sensors',
  icon: 'sensors',
  shortcut: 'e',
  rail: true,
  hasTimeRange: true,
  view: () => import('../pages/sensors/sensors-page.tsx'),
})
