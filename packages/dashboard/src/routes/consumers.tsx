/** Consumers: who reads, how far, whether that is fast enough. */
import { definePage } from './define-page.ts'

export const consumersPage = definePage({
  path: '/consumers',
  title: 'Consumers',
  icon: 'consumers',
  shortcut: 'c',
  rail: true,
  flush: true,
  view: () => import('../pages/consumers/consumers-page.tsx'),
})

export const consumerPage = definePage({
  path: '/consumers/$name',
  title: 'Consumer group',
  icon: 'consumers',
  hasTimeRange: true,
  view: () => import('../pages/consumers/consumer-page.tsx'),
})
