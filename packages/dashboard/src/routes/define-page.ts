/** What a page of the dashboard is: one object from which route, rail, palette and shortcuts are derived. */
import type { ComponentType } from 'react'
import type { IconName } from '../parts/icon.tsx'

export interface PageDefinition {
  /** `/topics/$name`: what stands behind `$` is a parameter. */
  readonly path: string
  readonly title: string
  readonly icon: IconName
  /** Pressed after `g`, it goes there. */
  readonly shortcut?: string
  /** Whether the rail lists it. */
  readonly rail?: true
  /** Whether the time range of the top bar says something about it. */
  readonly hasTimeRange?: true
  /** Whether it fills the window and scrolls by itself. */
  readonly flush?: true
  /** Whether it is shown to whoever is not signed in, without the shell. */
  readonly bare?: true
  /** Loaded when it is first looked at. */
  readonly view: () => Promise<{ readonly default: ComponentType }>
}

export const definePage = (page: PageDefinition): PageDefinition => page
