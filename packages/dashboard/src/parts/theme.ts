/** Light or dark: as the machine wants it until somebody chooses. */
import { useSyncExternalStore } from 'react'

export type Theme = 'dark' | 'light'

const listeners = new Set<() => void>()

const current = (): Theme => (document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark')

export const useTheme = (): Theme =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, current)

export const setTheme = (theme: Theme): void => {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem('sluice.theme', theme)
  } catch {
    // A browser that keeps nothing: the theme holds until the page is loaded again.
  }
  for (const listener of listeners) listener()
}
