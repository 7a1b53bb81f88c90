/**
 * What the page shows is what the log holds: known records are written by a client that is not Sluice's, counted again
 * from the topic by it, and compared with the numbers on the screen.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { pipelinesOf, type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'
import { signIn } from './visit.ts'

const topic = 'orders'
const pipeline = 'large-orders'
const total = 1_234
const leastAmount = 1_000

const configuration = `
topics:
  ${topic}: { partitions: 3 }
pipelines:
  ${pipeline}:
    source: { kafka: { topic: ${topic} } }
    transforms:
      - validate:
          schema: { type: object, required: [amount], properties: { amount: { type: number } } }
      - filter: event.amount >= ${leastAmount}
    sink: { file: { path: large.ndjson } }
`

/** Every 37th is no order at all, every 41st has an amount that is none. */
const valueOf = (place: number): string => {
  if (place % 37 === 0) return `not an order: ${place}`
  const amount = place % 41 === 0 ? 'much' : (place * 7_919) % 5_000
  return JSON.stringify({ order: place, amount })
}

interface Stored {
  readonly partition: number
  readonly offset: string
  readonly timeMs: number
  readonly key: string
  readonly value: string
}

/** What becomes of a record, decided here a second time. */
const outcomeOf = (value: string): 'delivered' | 'filtered' | 'dead' => {
  if (!value.startsWith('{')) return 'dead'
  const { amount } = JSON.parse(value) as { amount: unknown }
  if (typeof amount !== 'number') return 'dead'
  return amount >= leastAmount ? 'delivered' : 'filtered'
}

const write = async (kafka: Kafka): Promise<void> => {
  const producer = kafka.producer()
  await producer.connect()
  const startMs = Date.now() - total * 100
  await producer.send({
    topic,
    acks: -1,
    messages: Array.from({ length: total }, (_, place) => ({
      key: `customer-${place % 23}`,
      value: valueOf(place),
      timestamp: String(startMs + place * 100),
    })),
  })
  await producer.disconnect()
}

/** Everything that the topic holds, as kafkajs reads it. */
const recount = async (kafka: Kafka): Promise<readonly Stored[]> => {
  const consumer = kafka.consumer({ groupId: 'recount' })
  const stored: Stored[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      stored.push({
        partition,
        offset: message.offset,
        timeMs: Number(message.timestamp),
        key: message.key?.toString() ?? '',
        value: message.value?.toString() ?? '',
      })
      if (stored.length === total) resolve()
      await Promise.resolve()
    },
  })
  await promise
  await consumer.disconnect()
  return stored
}

const grouped = (value: number | string): string => Number(value).toLocaleString('en')

/** The cells of each row of a table that one sees. */
const rowsOf = async (page: Page, table: string): Promise<string[][]> => {
  const rows = page.getByRole('grid', { name: table }).getByRole('row')
  await rows.nth(1).waitFor()
  const cells: string[][] = []
  for (const row of await rows.all()) {
    const texts = await row.getByRole('gridcell').allInnerTexts()
    if (texts.length > 0) cells.push(texts.map((text) => text.trim().replaceAll(/\s*\n\s*/g, ' ')))
  }
  return cells
}

/** The number of a figure on top of a page. */
const figure = async (page: Page, title: string): Promise<string> => {
  const box = page.locator('.fig').filter({ has: page.getByRole('heading', { name: title, exact: true }) })
  return (await box.locator('.v').innerText()).replace(/[^\d,.–].*$/s, '').trim()
}

describeWith(['chromium'], 'numbers on the screen', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  let kafka: Kafka
  let stored: readonly Stored[]
  const counted = { delivered: 0, filtered: 0, dead: 0 }
  beforeAll(async () => {
    home = await sluiceHome('browser-equals')
    sluice = await home.up(home.write(configuration))
    kafka = new Kafka({ brokers: [home.kafka], clientId: 'recount', logLevel: logLevel.NOTHING })
    await write(kafka)
    stored = await recount(kafka)
    for (const { value } of stored) counted[outcomeOf(value)] += 1
    await untilHolds(sluice, 'everything was read and committed', async () => {
      const [row] = await pipelinesOf(home)
      return row?.ledger.in === total && row.ledger.in_flight === 0 && row.lag?.records === 0
    })
    browser = await startChromium()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    ;({ page, complaints } = await signIn(context, home))
  })
  afterAll(async () => {
    await context?.close()
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  test('the recount itself found every outcome', () => {
    expect(stored.length).toBe(total)
    expect(Math.min(counted.delivered, counted.filtered, counted.dead)).toBeGreaterThan(10)
  })

  test('Home: the ledger has as many delivered, filtered and dead as the topic tells', async () => {
    await page.goto(home.http)
    await page.getByText(`${grouped(total)} in, all accounted for`).waitFor()
    const legend = (await page.locator('.fig.big .leg').innerText()).replaceAll(/\s+/g, ' ')
    for (const [word, count] of Object.entries(counted)) expect(legend).toContain(`${word} ${grouped(count)}`)
    const row = page.getByRole('row').filter({ hasText: pipeline })
    await row.getByText(grouped(counted.dead), { exact: true }).waitFor()
  })

  test('the sink holds what the ledger calls delivered', () => {
    const lines = readFileSync(join(home.folder, 'large.ndjson'), 'utf8').trim().split('\n')
    const wanted = stored.map(({ value }) => value).filter((value) => outcomeOf(value) === 'delivered')
    const byOrder = (a: { order: number }, b: { order: number }): number => a.order - b.order
    const parsed = (texts: readonly string[]) =>
      texts.map((text) => JSON.parse(text) as { order: number; amount: number }).toSorted(byOrder)
    expect(parsed(lines)).toEqual(parsed(wanted))
  })

  test('Topics: the number of messages, and the ends of every partition', async () => {
    await page.goto(`${home.http}/topics`)
    const listed = (await rowsOf(page, 'Topics')).find(([name]) => name === topic)
    expect(listed?.[1]).toBe(grouped(total))
    await page.goto(`${home.http}/topics/${topic}`)
    const shown = (await rowsOf(page, 'Partitions')).map((cells) => cells.slice(0, 4))
    expect(await figure(page, 'Messages kept')).toBe(grouped(total))
    const ends = [0, 1, 2].map((partition) => {
      const count = stored.filter((record) => record.partition === partition).length
      return [String(partition), '0', grouped(count), grouped(count)]
    })
    expect(shown).toEqual(ends)
  })

  test('Messages: the newest are those of the log, in place, key and content', async () => {
    await page.goto(`${home.http}/topics/${topic}/messages`)
    const shown = (await rowsOf(page, `Messages of ${topic}`)).map((cells) => cells.slice(1))
    const newest = stored.toSorted((a, b) => b.timeMs - a.timeMs).slice(0, shown.length)
    expect(shown.length).toBeGreaterThan(10)
    const digits = (offset: string): string => offset.replaceAll(/\B(?=(\d{3})+$)/g, ' ')
    expect(shown).toEqual(
      newest.map(({ partition, offset, key, value }) => [`${partition} : ${digits(offset)}`, key, value]),
    )
  })

  test('Messages: a filter finds as many as a count of the log', async () => {
    const filter = 'event.amount < 100'
    const wanted = stored.filter(
      ({ value }) =>
        outcomeOf(value) === 'filtered' && (JSON.parse(value) as { amount: number }).amount < 100,
    )
    expect(wanted.length).toBeGreaterThan(5)
    await page.goto(`${home.http}/topics/${topic}/messages?range=1h&filter=${encodeURIComponent(filter)}`)
    await page.getByText(`${wanted.length} of `).first().waitFor()
    const shown = (await rowsOf(page, `Messages of ${topic}`)).map((cells) => cells[3])
    expect(new Set(shown)).toEqual(new Set(wanted.map(({ value }) => value)))
    expect(shown.length).toBe(wanted.length)
  })

  test('Consumers: the group of the pipeline stands at the ends that kafkajs sees, with no lag', async () => {
    const { data } = JSON.parse((await home.call('/api/groups')).text) as {
      data: { name: string; pipeline: string | null }[]
    }
    const group = data.find((row) => row.pipeline === pipeline)?.name ?? ''
    const admin = kafka.admin()
    await admin.connect()
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    await admin.disconnect()
    await page.goto(`${home.http}/consumers/${group}`)
    const shown = (await rowsOf(page, 'Partitions')).map((cells) => [cells[0], cells[1], cells[4], cells[5]])
    const wanted = (committed?.partitions ?? [])
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ partition, offset }) => {
        const end = stored.filter((record) => record.partition === partition).length
        return [`${topic} : ${partition}`, grouped(end - Number(offset)), grouped(offset), grouped(end)]
      })
    expect(wanted.length).toBe(3)
    expect(shown).toEqual(wanted)
    expect(await figure(page, 'Lag')).toBe('0')
  })

  test('nothing of it made the browser complain', () => {
    expect(complaints).toEqual([])
  })
})
