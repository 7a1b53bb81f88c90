/** The page at `/`, in a real browser with an empty profile. `SCREENSHOTS=folder` keeps a picture of each view. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { type SluiceHome, sluiceHome, startCommand, untilHolds } from '../support/sluice.ts'

const views = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, width: 1280, height: 800 },
  { colorScheme, width: 390, height: 844 },
])

const screenshots = process.env['SCREENSHOTS']

describeWith(['chromium'], 'the front page', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  beforeAll(async () => {
    home = await sluiceHome('browser')
    const file = home.write(
      'pipelines:\n  machine: { source: host, sink: { kafka: { topic: host-metrics } } }\ntopics:\n  host-metrics: { partitions: 1 }\n',
    )
    sluice = await home.up(file)
    browser = await startChromium()
    await untilHolds(sluice, 'it was healthy', async () => {
      const { stream_status: stream } = JSON.parse((await home.call('/health')).text) as {
        stream_status: string
      }
      return stream === 'running'
    })
  })
  afterAll(async () => {
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  /** Opens the page and notes whatever the browser complains about. */
  const open = async (context: BrowserContext): Promise<{ page: Page; complaints: string[] }> => {
    await context.addInitScript({ path: join(import.meta.dirname, 'page-checks.cjs') })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
    page.on('request', (request) => {
      if (!request.url().startsWith(home.http) && !request.url().startsWith('data:'))
        complaints.push(`asks ${request.url()}`)
    })
    const response = await page.goto(home.http)
    expect(response?.status()).toBe(200)
    await page.waitForLoadState('networkidle')
    return { page, complaints }
  }

  test.each(views)(
    'is well shown: $colorScheme, $width x $height',
    async ({ colorScheme, width, height }) => {
      await using context = await browser.newContext({ colorScheme, viewport: { width, height } })
      const { page, complaints } = await open(context)
      expect(complaints).toEqual([])
      expect(await page.title()).toBe('Sluice: healthy')
      const text = await page.locator('body').innerText()
      for (const words of ['Healthy', 'Kafka', 'Connected', 'Running', 'Where to start', home.directory]) {
        expect(text).toContain(words)
      }
      expect(await page.evaluate('pageChecks.overflowing()')).toEqual([])
      expect(await page.evaluate('pageChecks.lowContrasts()')).toEqual([])
      const background = await page.evaluate('pageChecks.background()')
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(15, 20, 25)' : 'rgb(251, 252, 253)')
      if (screenshots !== undefined) {
        mkdirSync(screenshots, { recursive: true })
        await page.screenshot({ path: join(screenshots, `home-${colorScheme}-${width}.png`), fullPage: true })
      }
    },
  )

  test('goes by the keyboard, and every link on it answers', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    const links = await page.evaluate<string[]>('[...document.links].map(({ href }) => href)')
    expect(links.length).toBeGreaterThan(2)
    for (const link of links) {
      expect([link, (await context.request.get(link)).status()]).toEqual([link, 200])
    }
    for (const link of links) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('pageChecks.focus()')).toEqual({ link, outline: 'solid' })
    }
  })

  test('the commands on it work as they stand', async () => {
    await using context = await browser.newContext()
    const { page } = await open(context)
    const commands = await page.locator('pre').allInnerTexts()
    expect(commands).toHaveLength(4)
    for (const command of commands.filter((words) => words.startsWith('npm run sluice -- '))) {
      await using part = startCommand(command.replace('npm run sluice -- ', '').split(' '), {
        cwd: home.folder,
      })
      await part.ended
      expect([command, part.exitCode(), part.output()]).toEqual([command, 0, part.output()])
    }
    const [, file = '', url = ''] = /Bearer \$\(cat (.+)\)" '(.+)'$/.exec(commands[2] ?? '') ?? []
    const headers = { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` }
    expect((await fetch(url, { headers })).status).toBe(200)
  })

  test('has no script, takes none in, and may not be framed', async () => {
    const { headers, text } = await home.call('/', { headers: { accept: 'text/html' } })
    expect(text).not.toMatch(/<script|\son\w+=/i)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('any other client gets the body of system D', async () => {
    for (const accept of ['*/*', 'application/json']) {
      const { status, text } = await home.call('/', { headers: { accept } })
      expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'healthy', service: 'sluice' }])
    }
  })
})
