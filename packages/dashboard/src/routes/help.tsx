/** Help: keys, commands, and the API to read and try. */
import { definePage } from './define-page.ts'

export const helpPage = definePage({
  path: '/help',
  title: 'Help',
  icon: 'help',
  shortcut: '?',
  rail: true,
  view: () => import('../pages/help/help-page.tsx'),
})

export const apiPage = definePage({
  path: '/help/api',
  title: 'API',
  icon: 'help',
  flush: true,
  view: () => import('../pages/api/api-page.tsx'),
})
