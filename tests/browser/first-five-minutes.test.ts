/**
 * The first five minutes of somebody new, in one go: start, come in, look round, find a message, stop and rewind a
 * pipeline, break a record by hand, find out why, mend it and send it again.
 *
 * It prints the seconds that each step took and asserts only what came of it.
 */
import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ask } from '../examples/recount.ts'
import { startChromium } from '../support/browser.ts'
import { describeWith } from '../support/requires.ts'
import { pipelinesOf, type SluiceHome, sluiceHome, startCommand, untilHolds } from '../support/sluice.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { comeBy, keepPicture } from './visit.ts'

const topic = 'sensor-readings'
const pipeline = 'sensor-data'
const linkPattern = /http\S+(?<path>\/signin#[\w-]{43})/

/** The link that `sluice signin` prints. */
const printedLink = async (home: SluiceHome): Promise<string> => {
  await using command = startCommand(['signin', '--http', home.http, '--dir', home.directory], {
    cwd: home.folder,
  })
  let path = ''
  await untilHolds({ output: command.output, hasEnded: () => false }, 'it showed a link', () => {
    path = linkPattern.exec(command.output())?.groups?.['path'] ?? ''
    return path !== ''
  })
  return path
}

const find = async (page: Page, filter: string): Promise<void> => {
  await page.getByRole('textbox', { name: 'Filter' }).fill(filter)
  await page.keyboard.press('Enter')
}

/** Finds one message of the topic by what is in it, and opens it. */
const findMessage = async (page: Page): Promise<void> => {
  await page.getByRole('link', { name: 'Topics', exact: true }).click()
  await page.getByRole('grid', { name: 'Topics' }).getByRole('link', { name: topic, exact: true }).click()
  await page.getByRole('link', { name: 'Messages', exact: true }).click()
  const rows = page.getByRole('grid', { name: `Messages of ${topic}` }).getByRole('row')
  const newest = await rows.nth(1).getByRole('gridcell').nth(3).innerText()
  const { sensor_id: sensor, timestamp } = JSON.parse(newest) as { sensor_id: string; timestamp: string }
  await find(page, `event.sensor_id == "${sensor}" && event.timestamp == "${timestamp}"`)
  await page.getByText(/^1 of /).waitFor()
  await rows.nth(1).click()
  const message = page.getByRole('complementary', { name: 'Message' })
  await message.getByText(timestamp).first().waitFor()
  expect(await message.innerText()).toContain(sensor)
}

/** Stops a pipeline, lets it read everything anew, starts it, all by the page's own buttons. */
const rewind = async (page: Page): Promise<void> => {
  await page.getByRole('link', { name: 'Pipelines', exact: true }).click()
  await page.getByRole('table', { name: 'Pipelines' }).getByText(pipeline, { exact: true }).click()
  await page.getByText('Ledger balanced').waitFor()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page
    .locator('header')
    .getByText(/^Stopped/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Rewind…' }).click()
  const dialog = page.getByRole('dialog', { name: `Rewind ${pipeline}` })
  await dialog.getByRole('table', { name: 'Before and after, by lane' }).waitFor()
  await dialog.getByRole('button', { name: 'Move 3 lanes' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page
    .locator('header')
    .getByText(/^Running/)
    .first()
    .waitFor()
}

/** A reading of a sensor that there is not yet. */
const reading = (timestamp: string, temperature: number | string): string =>
  JSON.stringify({ sensor_id: 'lab-1', temperature, humidity: 40, timestamp })

const produce = async (page: Page, value: string): Promise<void> => {
  await page.getByRole('link', { name: 'Topics', exact: true }).click()
  await page.getByRole('grid', { name: 'Topics' }).getByRole('link', { name: topic, exact: true }).click()
  await page.getByRole('link', { name: 'Messages', exact: true }).click()
  await page.getByRole('button', { name: 'Produce' }).click()
  const drawer = page.getByRole('dialog', { name: `Write to ${topic}` })
  await drawer.getByLabel('Key', { exact: true }).fill('lab-1')
  await drawer.getByRole('textbox', { name: 'The value' }).fill(value)
  await drawer.getByRole('button', { name: 'Write message' }).click()
  await page.getByText(/^Stored at \d+ : \d+/).waitFor()
  // The button was off while it wrote: the keyboard is still the drawer's.
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
}

const panelOf = (page: Page) => page.getByRole('region', { name: /^Dead letter \d+$/ })

/** Home says that something waits and leads to the dead letter, which tells why; edited there, it is delivered. */
const mend = async (page: Page, broken: string, mended: string): Promise<void> => {
  await page.getByRole('link', { name: 'Home', exact: true }).click()
  const need = page
    .getByRole('region', { name: 'Needs you' })
    .getByRole('listitem')
    .filter({ hasText: 'Dead letters' })
  await need.getByText(pipeline, { exact: true }).waitFor()
  await need.getByRole('link', { name: 'Inspect and redrive' }).click()
  const row = page.getByRole('table', { name: 'Dead letters' }).getByRole('row').nth(1)
  await row.getByText('Waits').waitFor()
  await row.click()
  const panel = panelOf(page)
  await panel
    .getByText(/temperature/)
    .first()
    .waitFor()
  await panel.getByRole('tab', { name: 'Redrive' }).click()
  const editor = panel.getByRole('textbox', { name: 'Value to send' })
  expect(JSON.parse(await editor.inputValue())).toEqual(JSON.parse(broken))
  await editor.fill(mended)
  await panel.getByText('It is JSON.').waitFor()
  await panel.getByRole('button', { name: 'Redrive edited' }).click()
  await panel.getByText('It was delivered.').waitFor()
  await row.getByText('Delivered').waitFor()
}

/** What came of it, as the page tells: a ledger that balances, a reading of that sensor, nothing that waits. */
const seeOutcome = async (page: Page): Promise<void> => {
  await panelOf(page).getByRole('link', { name: pipeline, exact: true }).click()
  await page.getByText('Ledger balanced').waitFor()
  await page.getByRole('link', { name: 'Sensors', exact: true }).click()
  const sensors = page.getByRole('table', { name: 'Sensors with their newest values' })
  await sensors.getByRole('row').filter({ hasText: 'lab-1' }).getByText('21.5').waitFor()
  await page.getByRole('link', { name: 'Home', exact: true }).click()
  await page.getByText('Nothing waits for you').waitFor()
}

describeWith(['chromium'], 'somebody new', () => {
  test('is through the first five minutes', async () => {
    const watch = stopwatch()
    using home = await sluiceHome('browser-first')
    await using sluice = await home.up(null)
    watch.lap('until Sluice was up')
    const browser: Browser = await startChromium()
    try {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      const { page, complaints } = await comeBy(context, home, await printedLink(home))
      await page.getByRole('button', { name: 'Account: admin' }).waitFor()
      watch.lap('until signed in by the printed link')
      await page.locator('.mach b').first().waitFor()
      watch.lap('until Home showed this machine')
      await findMessage(page)
      watch.lap('to find one message by its content')
      const { ledger: before } = (await pipelinesOf(home)).find(({ name }) => name === pipeline) ?? {}
      await rewind(page)
      await untilHolds(sluice, 'everything was read anew', async () => {
        const { ledger } = (await pipelinesOf(home)).find(({ name }) => name === pipeline) ?? {}
        return (ledger?.in ?? 0) >= (before?.in ?? 0) * 2 && ledger?.gap === 0
      })
      watch.lap('to stop a pipeline, rewind and start it')
      const timestamp = new Date().toISOString()
      const broken = reading(timestamp, 'warm')
      await produce(page, broken)
      watch.lap('to write a broken record')
      await mend(page, broken, reading(timestamp, 21.5))
      watch.lap('to find it among the dead letters, mend it and send it again')
      await seeOutcome(page)
      watch.lap('to see that it is in its table and the ledger balances')
      const rows = () =>
        ask(home.databaseUrl(), "select temperature, humidity from sensor_data where sensor_id = 'lab-1'")
      await untilHolds(sluice, 'the mended record is a row', async () => (await rows()).length > 0)
      expect(await rows()).toEqual([{ temperature: 21.5, humidity: 40 }])
      await keepPicture(page, 'first-five-minutes')
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
    process.stdout.write(`${watch.report('the first five minutes')}\n`)
  })
})
