/** Dead letters: what could not be delivered, why, and sending it again. */
import { definePage } from './define-page.ts'

export const deadLettersPage = definePage({
  path: '/dead-letters',
  title: 'Dead letters',
  icon: 'dead',
  shortcut: 'd',
  rail: true,
  flush: true,
  view: () => import('../pages/dead-letters/dead-letters-page.tsx'),
})
