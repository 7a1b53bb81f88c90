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
import { comeBy, keepPicture } from './visit.ts'

const topic = 'sensor-readings'
const pipeline = 'sensor-data'
const linkPattern = /http\S+(?<path>\/signin#[\w-]{43})/

/** Notes how long each step took. */
const stopwatch = () => {
  const steps: string[] = []
  const startMs = performance.now()
  let lastMs = startMs
  return {
    lap: (says: string): void => {
      const nowMs = performance.now()
      steps.push(`${((nowMs - lastMs) / 1_000).toFixed(1)} s ${says}`)
      lastMs = nowMs
    },
    report: (): string =>
      `${steps.join('\n')}\n${((lastMs - startMs) / 1_000).toFixed(1)} s the first five minutes`,
  }
}

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

const change = async (home: SluiceHome, path: string, body: object = {}): Promise<void> => {
  const { status, text } = await home.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([status < 300, text]).toEqual([true, text])
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

const broken = (timestamp: string): string =>
  JSON.stringify({ sensor_id: 'lab-1', temperature: 'warm', humidity: 40, timestamp })

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
  await drawer.getByRole('button', { name: 'Close' }).first().click()
}

/** Home says that something waits; the dead letter tells why; edited, it goes through. */
const mend = async (page: Page, home: SluiceHome, timestamp: string): Promise<void> => {
  await page.getByRole('link', { name: 'Home', exact: true }).click()
  const needs = page.getByRole('region', { name: 'Needs you' })
  await needs.getByText('Dead letters', { exact: true }).waitFor()
  await needs.getByText(pipeline).first().waitFor()
  const { data } = JSON.parse((await home.call('/api/dead-letters?limit=10')).text) as {
    data: { id: string; reason: string }[]
  }
  expect(data).toMatchObject([{ reason: expect.stringContaining('temperature') }])
  const value = JSON.stringify({ sensor_id: 'lab-1', temperature: 21.5, humidity: 40, timestamp })
  await change(home, `/api/dead-letters/${data[0]?.id}/redrive`, { value })
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
      await produce(page, broken(timestamp))
      watch.lap('to write a broken record')
      await mend(page, home, timestamp)
      const rows = () =>
        ask(home.databaseUrl(), "select temperature, humidity from sensor_data where sensor_id = 'lab-1'")
      await untilHolds(sluice, 'the mended record is a row', async () => (await rows()).length > 0)
      expect(await rows()).toEqual([{ temperature: 21.5, humidity: 40 }])
      watch.lap('to find it among the dead letters, mend it and send it again')
      await keepPicture(page, 'first-five-minutes')
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
    process.stdout.write(`${watch.report()}\n`)
  })
})
