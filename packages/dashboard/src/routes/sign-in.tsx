/** Where a one-time link leads: its token stands behind the `#` and is sent to nobody but the API. */
import { definePage } from './define-page.ts'

export const signInPage = definePage({
  path: '/signin',
  title: 'Sign in',
  icon: 'access',
  bare: true,
  view: () => import('../pages/sign-in/sign-in-page.tsx'),
})
