/** The dashboard's Home and the page of the sensors, in a real browser. `SCREENSHOTS=folder` keeps a picture of each view. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'

const views = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, width: 1440, height: 900 },
  { colorScheme, width: 1280, height: 800 },
  { colorScheme, width: 390, height: 844 },
])

/** Gzipped script that a browser may need before it shows something. */
const firstScriptBytesMax = 350 * 1024

const screenshots = process.env['SCREENSHOTS']

test('the first load stays within its budget', () => {
  const built = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../packages/dashboard/dist/page.json'), 'utf8'),
  ) as { firstScriptGzipBytes: number }
  expect(built.firstScriptGzipBytes).toBeGreaterThan(10_000)
  expect(built.firstScriptGzipBytes).toBeLessThanOrEqual(firstScriptBytesMax)
})

describeWith(['chromium'], 'the dashboard', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  beforeAll(async () => {
    home = await sluiceHome('browser')
    sluice = await home.up(null)
    browser = await startChromium()
    await untilHolds(sluice, 'this machine was measured', async () => {
      const { count } = JSON.parse((await home.call('/api/host-metrics/latest?limit=1')).text) as {
        count: number
      }
      return count === 1
    })
  })
  afterAll(async () => {
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  /** Signs in, opens a page, and notes whatever the browser complains about. */
  const open = async (context: BrowserContext, path = '/'): Promise<{ page: Page; complaints: string[] }> => {
    await context.addInitScript({ path: join(import.meta.dirname, 'page-checks.cjs') })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(home.http) && !url.startsWith('data:')) complaints.push(`asks ${url}`)
    })
    const link = JSON.parse((await home.call('/api/session/links', { method: 'POST' })).text) as {
      path: string
    }
    await page.goto(`${home.http}${link.path}`)
    await page.waitForURL(`${home.http}/`)
    if (path !== '/') await page.goto(`${home.http}${path}`)
    return { page, complaints }
  }

  const keep = async (page: Page, name: string): Promise<void> => {
    if (screenshots === undefined) return
    mkdirSync(screenshots, { recursive: true })
    await page.screenshot({ path: join(screenshots, `${name}.png`) })
  }

  test.each(views)(
    'Home is well shown: $colorScheme, $width x $height',
    async ({ colorScheme, width, height }) => {
      await using context = await browser.newContext({ colorScheme, viewport: { width, height } })
      const { page, complaints } = await open(context)
      await page.getByText('all accounted for').waitFor()
      await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
      await page.locator('.mach b').first().waitFor()
      for (const words of ['Worst lag', 'Needs you', 'This machine', 'Connect your own client']) {
        expect([words, await page.getByText(words, { exact: true }).count()]).not.toEqual([words, 0])
      }
      expect(await page.title()).toBe('Home · Sluice')
      expect(await page.evaluate('pageChecks.overflowing()')).toEqual([])
      expect(await page.evaluate('pageChecks.lowContrasts()')).toEqual([])
      const background = await page.evaluate('pageChecks.background()')
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(15, 20, 25)' : 'rgb(251, 252, 253)')
      await keep(page, `home-${colorScheme}-${width}`)
      expect(complaints).toEqual([])
    },
  )

  test.each(['/sensors', '/sensors?tab=readings', '/sensors?tab=machine'])(
    'the page of the sensors is well shown at %s',
    async (path) => {
      for (const { colorScheme, width, height } of views) {
        await using context = await browser.newContext({ colorScheme, viewport: { width, height } })
        const { page, complaints } = await open(context, path)
        await page.getByText('Readings, last 24 h').waitFor()
        await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
        await page.waitForLoadState('load')
        expect([path, width, await page.evaluate('pageChecks.overflowing()')]).toEqual([path, width, []])
        expect([path, colorScheme, await page.evaluate('pageChecks.lowContrasts()')]).toEqual([
          path,
          colorScheme,
          [],
        ])
        await keep(page, `sensors-${path.split('=')[1] ?? 'charts'}-${colorScheme}-${width}`)
        expect(complaints).toEqual([])
      }
    },
  )

  test('keys go where they say, and the list of them is the list that works', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    await page.getByText('all accounted for').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await page.waitForURL(`${home.http}/sensors`)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('home')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${home.http}/`)
    expect(await page.title()).toBe('Home · Sluice')
  })

  test('the time range is in the address, and stays from page to page', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    await page.getByRole('button', { name: 'Time range: Last 15 min' }).click()
    await page.getByRole('menuitemradio', { name: 'Last hour' }).click()
    await page.waitForURL(`${home.http}/?range=1h`)
    await page.getByRole('link', { name: 'Sensors', exact: true }).click()
    await page.waitForURL(`${home.http}/sensors?range=1h`)
    await page.getByRole('button', { name: 'Time range: Last hour' }).waitFor()
    expect(await page.title()).toBe('Sensors · Sluice')
  })

  test('figures on the page are those of the API', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    await page.getByText('all accounted for').waitFor()
    await page.keyboard.press('.')
    await page.getByRole('button', { name: /^Held since/ }).waitFor()
    const shown = await page.locator('.fig.big .leg').innerText()
    const { ledger } = JSON.parse((await home.call('/api/overview')).text) as {
      ledger: Record<string, number>
    }
    const delivered = Number(/delivered\s+([\d,]+)/.exec(shown)?.[1]?.replaceAll(',', ''))
    expect(delivered).toBeGreaterThan(0)
    expect(delivered).toBeLessThanOrEqual(ledger['delivered'] ?? 0)
  })

  test('any other client gets the body of system D', async () => {
    for (const accept of ['*/*', 'application/json']) {
      const { status, text } = await home.call('/', { headers: { accept } })
      expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'healthy', service: 'sluice' }])
    }
  })

  // The last one: afterwards there is no server.
  test('a page whose server is gone says since when it is stale', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
    await sluice.stop()
    await page.getByRole('button', { name: /^Stale since/ }).waitFor()
    expect(await page.getByText('all accounted for').count()).toBe(1)
  })
})
