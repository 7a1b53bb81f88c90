/** The configuration edited on the page: checked as one types, applied, and refused where somebody else was faster. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'
import { signIn } from './visit.ts'

const configuration = `topics:
  orders: { partitions: 1 }
pipelines:
  generated:
    source: { generator: { rate: 1 } }
    sink: { kafka: { topic: orders } }
`

describeWith(['chromium'], 'the configuration on the page', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  let page: Page
  let file: string
  beforeAll(async () => {
    home = await sluiceHome('browser-settings')
    file = home.write(configuration)
    sluice = await home.up(file)
    browser = await startChromium()
    ;({ page } = await signIn(await browser.newContext(), home, '/settings'))
  })
  afterAll(async () => {
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  const editor = () => page.getByRole('textbox', { name: 'Configuration file' })
  const apply = () => page.getByRole('button', { name: 'Apply' })
  const revision = async (): Promise<number> =>
    (JSON.parse((await home.call('/api/config')).text) as { revision: number }).revision

  test('a mistake is told with its line as one types, and cannot be applied', async () => {
    await editor().fill(configuration.replace('rate: 1', 'rat: 1'))
    const findings = page.getByRole('list', { name: 'Findings' })
    await findings.getByText('5:').first().waitFor()
    expect(await findings.innerText()).toContain('rat')
    expect(await apply().isDisabled()).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(configuration)
  })

  test('what it would change is told; applied, it is the file and the next revision', async () => {
    const next = configuration.replace('rate: 1', 'rate: 7')
    await editor().fill(next)
    await page.getByText('Pipeline changed: generated').waitFor()
    const lines = page.getByRole('table', { name: 'Lines that change' })
    expect(await lines.locator('.df-added').allInnerTexts()).toEqual([expect.stringContaining('rate: 7')])
    expect(await lines.locator('.df-removed').allInnerTexts()).toEqual([expect.stringContaining('rate: 1')])
    const before = await revision()
    await apply().click()
    await untilHolds(sluice, 'the next revision is in force', async () => (await revision()) === before + 1)
    expect(readFileSync(file, 'utf8')).toBe(next)
    await page
      .getByText(`revision ${before + 1}`)
      .first()
      .waitFor()
  })

  test('where somebody else changed the file meanwhile nothing of theirs is lost', async () => {
    const theirs = configuration.replace('rate: 1', 'rate: 3')
    await page.reload()
    await editor().waitFor()
    writeFileSync(file, theirs)
    await editor().fill(configuration.replace('rate: 1', 'rate: 9'))
    await page.getByText('Pipeline changed: generated').waitFor()
    await apply().click()
    await page.getByRole('alert').waitFor()
    expect(readFileSync(file, 'utf8')).toBe(theirs)
  })

  test('a connection is tried when somebody asks', async () => {
    await page.goto(`${home.http}/settings?tab=connections`)
    const kafka = page.getByRole('listitem').filter({ hasText: 'Kafka' }).first()
    await kafka.getByRole('button', { name: 'Test' }).click()
    await kafka.getByText('Answers').waitFor()
    expect(await kafka.innerText()).toContain(home.kafka)
  })
})
