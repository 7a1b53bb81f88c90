/** Settings: the configuration file and what it said before, and what Sluice is connected to. */
import { definePage } from './define-page.ts'

export const settingsPage = definePage({
  path: '/settings',
  title: 'Settings',
  icon: 'settings',
  shortcut: 's',
  rail: true,
  view: () => import('../pages/settings/settings-page.tsx'),
})
