/** Logs: what every process told. */
import { definePage } from './define-page.ts'

export const logsPage = definePage({
  path: '/logs',
  title: 'Logs',
  icon: 'logs',
  shortcut: 'l',
  rail: true,
  hasTimeRange: true,
  flush: true,
  view: () => import('../pages/logs/logs-page.tsx'),
})
