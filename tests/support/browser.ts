/** A headless Chromium for tests: an empty profile, and nothing of it that talks to its maker. */
import { type Browser, chromium } from 'playwright-core'
import { findRealPart } from '../../tools/real-parts.ts'

const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--disable-gpu',
]

/** Starts Chromium. As root it has no sandbox: there is none for root, and tests open only our own pages. */
export const startChromium = async (): Promise<Browser> => {
  const executablePath = findRealPart('chromium')
  if (executablePath === undefined) throw new Error('There is no Chromium; on Debian it is chromium')
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args: [...sandbox, ...quiet] })
}
