/** Every page, in the order of the rail. Router, rail, palette and shortcuts are read from this list. */
import type { PageDefinition } from './define-page.ts'
import { homePage } from './home.tsx'
import { sensorsPage } from './sensors.tsx'
import { signInPage } from './sign-in.tsx'

export const pages: readonly PageDefinition[] = [homePage, sensorsPage, signInPage]
