/**
 * Every page of the dashboard, busy, empty, for a reader who is not signed in, and with the server gone: shown whole in
 * both themes on a desk and on a phone, without a finding of axe-core, and without a word of complaint in the console.
 *
 * `SCREENSHOTS=folder` keeps a picture of each view.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'
import { type Look, looks, routePaths } from './page-list.ts'
import { comeBy, expectWellShown, keepPicture, signIn, type Visit } from './visit.ts'

const desk = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }
const themes = ['light', 'dark'] as const

/** The first of these texts that one sees: on a phone the rail has some of them hidden. */
const seen = (page: Page, text: string | RegExp) => page.getByText(text).locator('visible=true').first()

const untilShown = async (page: Page, { heading, title }: Look, shows: Look['shows']): Promise<void> => {
  await page.getByRole('heading', { level: 1, name: heading ?? title, exact: true }).waitFor()
  for (const text of shows) await seen(page, text).waitFor()
  expect(await page.title()).toBe(`${title} · Sluice`)
}

const nameOf = (path: string): string => path.replaceAll(/\W+/g, '-').replace(/^-$/, '-home')

/** Looks at one page on a desk, then makes the window a phone's. */
const lookAt = async (visit: Visit, look: Look, shows: Look['shows'], name: string): Promise<void> => {
  const { page, complaints } = visit
  for (const [size, window] of [
    ['desk', desk],
    ['phone', phone],
  ] as const) {
    await page.setViewportSize(window)
    if (size === 'desk') await untilShown(page, look, shows)
    // Tables and charts are drawn anew in the frames after.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await expectWellShown(page, `${name} ${size}`)
    await keepPicture(page, `${name}-${size}`)
  }
  expect.soft(complaints.splice(0), `${name}: complaints`).toEqual([])
}

test('every page of the routes is looked at here', () => {
  expect(new Set(looks.map(({ route }) => route))).toEqual(new Set(routePaths()))
})

/** A signed-in tab for each theme, which goes from page to page. */
const visitInThemes = async (browser: Browser, home: SluiceHome) => {
  const contexts: BrowserContext[] = []
  const visits: { theme: (typeof themes)[number]; visit: Visit }[] = []
  for (const theme of themes) {
    const context = await browser.newContext({ colorScheme: theme, viewport: desk })
    contexts.push(context)
    visits.push({ theme, visit: await signIn(context, home) })
  }
  return { visits, close: () => Promise.all(contexts.map((context) => context.close())) }
}

describeWith(['chromium'], 'a busy dashboard', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  let tabs: Awaited<ReturnType<typeof visitInThemes>>
  beforeAll(async () => {
    home = await sluiceHome('browser-pages')
    sluice = await home.up(null)
    browser = await startChromium()
    await untilHolds(sluice, 'this machine was measured', async () => {
      const { text } = await home.call('/api/host-metrics/latest?limit=1')
      return (JSON.parse(text) as { count: number }).count === 1
    })
    tabs = await visitInThemes(browser, home)
  })
  afterAll(async () => {
    await tabs?.close()
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  test.each(looks)('$at is well shown', async (look) => {
    for (const { theme, visit } of tabs.visits) {
      await visit.page.setViewportSize(desk)
      await visit.page.goto(`${home.http}${look.at}`)
      await lookAt(visit, look, look.shows, `busy${nameOf(look.at)}-${theme}`)
    }
    expect(tabs.visits.length).toBe(themes.length)
  })
})

describeWith(['chromium'], 'a dashboard with nothing to show', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  let tabs: Awaited<ReturnType<typeof visitInThemes>>
  let file: string
  beforeAll(async () => {
    home = await sluiceHome('browser-empty')
    file = home.write('workers: 0\nhttp: { anonymous: read }\npipelines: {}\n')
    sluice = await home.up(file)
    browser = await startChromium()
    tabs = await visitInThemes(browser, home)
  })
  afterAll(async () => {
    await tabs?.close()
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  test.each(looks.filter(({ whenEmpty }) => whenEmpty !== undefined))(
    '$at says that it is empty',
    async (look) => {
      for (const { theme, visit } of tabs.visits) {
        await visit.page.setViewportSize(desk)
        await visit.page.goto(`${home.http}${look.at}`)
        await lookAt(visit, look, look.whenEmpty ?? [], `empty${nameOf(look.at)}-${theme}`)
      }
      expect(tabs.visits.length).toBe(themes.length)
    },
  )

  test('whoever is not signed in reads, finds every change barred, and is told why', async () => {
    const made = await home.call('/api/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'orders', partitions: 3 }),
    })
    expect(made.status).toBe(201)
    await using context = await browser.newContext({ viewport: desk })
    const { page, complaints } = await comeBy(context, home, '/topics')
    await seen(page, 'orders').waitFor()
    const create = page.getByRole('button', { name: 'Create topic' })
    expect([await create.isDisabled(), await create.getAttribute('title')]).toEqual([
      true,
      expect.stringContaining('topics:write'),
    ])
    await page.keyboard.press('n')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.goto(`${home.http}/topics/orders/messages`)
    const produce = page.getByRole('button', { name: 'Produce' })
    await produce.waitFor()
    expect([await produce.isDisabled(), await produce.getAttribute('title')]).toEqual([
      true,
      expect.stringContaining('messages:write'),
    ])
    await page.goto(`${home.http}/topics/orders/settings`)
    await seen(page, 'retention.ms').waitFor()
    expect(await page.getByText('What cannot be undone').count()).toBe(0)
    const buttons = await page.locator('main').getByRole('button', { disabled: false }).allInnerTexts()
    expect(buttons.filter((text) => /delete|change|save|add|truncate|empty/i.test(text))).toEqual([])
    expect(complaints).toEqual([])
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByText('You are not signed in').waitFor()
    expect((await context.cookies()).length).toBe(0)
  })

  // The last one: it kills the server, and starts it again.
  test('a page whose server was killed keeps what it showed, says since when, and comes back', async () => {
    await using context = await browser.newContext({ viewport: desk })
    const { page, complaints } = await signIn(context, home, '/topics')
    await seen(page, 'orders').waitFor()
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
    await sluice.kill()
    await page.getByRole('button', { name: /^Stale since/ }).waitFor()
    expect(await seen(page, 'orders').count()).toBe(1)
    await keepPicture(page, 'gone-topics')
    sluice = await home.up(file)
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
    expect(await seen(page, 'orders').count()).toBe(1)
    expect(complaints.filter((complaint) => complaint.startsWith('script:'))).toEqual([])
    const made = await home.call('/api/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'payments', partitions: 1 }),
    })
    expect(made.status).toBe(201)
    await seen(page, 'payments').waitFor()
  })
})
