/** Home: is it well, what moves, what needs me. */
import { definePage } from './define-page.ts'

export const homePage = definePage({
  path: '/',
  title: 'Home',
  icon: 'home',
  shortcut: 'h',
  rail: true,
  hasTimeRange: true,
  view: () => import('../pages/home/home-page.tsx'),
})
