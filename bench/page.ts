/**
 * The page in a real browser: first load, a message of 20 MB, the tail of a busy topic, a catalogue of many topics.
 *
 * Run: npm run run-ts bench/page.ts [messages a second] [seconds] [topics]. Prints what is loaded first, how long until Home
 * shows its figures, how old a message is when it is in the document, how long frames take meanwhile, and how long the
 * catalogue takes to be there and to answer a search. Everything shares the machine's cores; the limit that frames are
 * held against is the same page with nothing to show, measured in the same run.
 */
import type { Browser, Page } from 'playwright-core'
import { openKafkaClient } from '../packages/sluice/src/connectors/kafka/client/client.ts'
import type { KafkaAdmin, KafkaWriter } from '../packages/sluice/src/flow/kafka-ports.ts'
import { systemClock } from '../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../packages/sluice/src/kernel/random.ts'
import { startChromium } from '../tests/support/browser.ts'
import {
  largeDocument,
  largeTopicYaml,
  stepLine,
  useLarge,
  writeLarge,
} from '../tests/support/large-message.ts'
import { type SluiceHome, sluiceHome } from '../tests/support/sluice.ts'
import { machineLine } from './support/machine.ts'

const perSecond = Number(process.argv[2] ?? 5_000)
const seconds = Number(process.argv[3] ?? 20)
const topics = Number(process.argv[4] ?? 5_000)
const topic = 'watched'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN

/** Runs in the page: notes the length of every frame, and the age of every row that appears. */
const watchScript = `(() => {
  const told = { frames: [], ages: [], newest: -1 }
  globalThis.told = told
  let before = performance.now()
  const frame = (now) => { told.frames.push(now - before); before = now; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
  const look = () => {
    for (const cell of document.querySelectorAll('.ml-value')) {
      const found = /"n":(\\d+),"at":(\\d+)/.exec(cell.textContent)
      if (found === null || Number(found[1]) <= told.newest) continue
      told.ages.push(Date.now() - Number(found[2]))
    }
    const all = [...document.querySelectorAll('.ml-value')].map((cell) => Number(/"n":(\\d+)/.exec(cell.textContent)?.[1] ?? -1))
    told.newest = Math.max(told.newest, ...all)
  }
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
})()`

interface Told {
  readonly frames: readonly number[]
  readonly ages: readonly number[]
}

const signedIn = async (browser: Browser, home: SluiceHome): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const answer: unknown = JSON.parse((await home.call('/api/session/links', { method: 'POST' })).text)
  const path = typeof answer === 'object' && answer !== null && 'path' in answer ? String(answer.path) : ''
  await page.goto(`${home.http}${path}`)
  await page.waitForURL(`${home.http}/`)
  return page
}

const firstLoad = async (page: Page, home: SluiceHome): Promise<void> => {
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const client = await page.context().newCDPSession(page)
    await client.send('Network.clearBrowserCache')
    await page.goto(home.http)
    await page.getByText('Worst lag', { exact: true }).waitFor()
    await page.locator('.fig .v').first().waitFor()
    times.push(await page.evaluate<number>('performance.now()'))
  }
  const scripts = await page.evaluate<number[]>(
    `performance.getEntriesByType('resource').filter(({ name }) => name.includes('.js')).map(({ encodedBodySize }) => encodedBodySize)`,
  )
  const kilobytes = scripts.reduce((sum, bytes) => sum + bytes, 0) / 1024
  console.log(
    `first load: ${kilobytes.toFixed(0)} KiB of script as sent; Home shows its figures after ${at(times, 0.5).toFixed(0)} ms (median of ${times.length}, empty cache)`,
  )
}

const produce = async (writer: KafkaWriter, signal: AbortSignal): Promise<number> => {
  const startedAt = performance.now()
  let sent = 0
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond) - sent
    if (due > 0) {
      const timeMs = Date.now()
      await writer.send(
        Array.from({ length: due }, (_, i) => ({
          topic,
          partition: (sent + i) % 3,
          key: Buffer.from(`key-${i % 100}`),
          value: Buffer.from(JSON.stringify({ n: sent + i, at: timeMs, sensor: `s-${i % 20}` })),
          headers: [],
          timeMs,
        })),
      )
      sent += due
    }
    await pause(10)
  }
  return sent
}

const framesLine = (frames: readonly number[]): string => {
  const long = frames.filter((ms) => ms > 50).length
  return `frames p50 ${at(frames, 0.5).toFixed(1)} ms, p99 ${at(frames, 0.99).toFixed(1)} ms, longest ${Math.max(...frames).toFixed(0)} ms, ${long} of ${frames.length} over 50 ms`
}

const tail = async (page: Page, home: SluiceHome, writer: KafkaWriter): Promise<void> => {
  await page.goto(`${home.http}/topics/${topic}/messages`)
  await page.getByRole('button', { name: 'Follow' }).click()
  await page.evaluate(watchScript)
  await pause(4_000)
  const still = await page.evaluate<Told>('told')
  console.log(`tail, nothing to show: ${framesLine(still.frames)}`)
  const ending = new AbortController()
  const producing = produce(writer, ending.signal)
  await pause(3_000)
  await page.evaluate('told.frames.length = 0; told.ages.length = 0')
  await pause(seconds * 1_000)
  const busy = await page.evaluate<Told>('told')
  ending.abort()
  const sent = await producing
  console.log(`tail, ${Math.round(sent / (seconds + 3))} a second: ${framesLine(busy.frames)}`)
  console.log(
    `produce to pixel: p50 ${at(busy.ages, 0.5)} ms, p99 ${at(busy.ages, 0.99)} ms over ${busy.ages.length} rows shown`,
  )
}

const catalogue = async (page: Page, home: SluiceHome, admin: KafkaAdmin): Promise<void> => {
  for (let from = 0; from < topics; from += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, topics - from) }, (_, i) =>
        admin.createTopic({
          name: `many-${String(from + i).padStart(5, '0')}`,
          partitions: 1,
          replicationFactor: 1,
          configs: {},
        }),
      ),
    )
  }
  await pause(5_000)
  const shown: number[] = []
  const searched: number[] = []
  for (let run = 0; run < 5; run++) {
    await page.goto(`${home.http}/topics`)
    await page.getByText('many-00001', { exact: true }).waitFor()
    shown.push(await page.evaluate<number>('performance.now()'))
    const startedAt = performance.now()
    const last = `many-${String(topics - 1).padStart(5, '0')}`
    await page.getByRole('searchbox').fill(last)
    await page.getByText(last, { exact: true }).waitFor()
    searched.push(performance.now() - startedAt)
  }
  console.log(
    `catalogue of ${topics}: rows after ${at(shown, 0.5).toFixed(0)} ms, a search after ${at(searched, 0.5).toFixed(0)} ms (medians of 5)`,
  )
}

console.log(machineLine())
using home = await sluiceHome('bench-page')
await using up = await home.up(
  home.write(
    `topics:\n  ${topic}: { partitions: 3 }\n${largeTopicYaml}pipelines:\n  machine: { source: host, sink: { kafka: { topic: host-metrics } } }\n`,
  ),
)
const browser = await startChromium()
const page = await signedIn(browser, home)
const kafka = openKafkaClient(
  { brokers: [home.kafka], tls: false, sasl: null, clientId: 'bench' },
  systemClock,
  seededRandom(1),
)
await using writer = await kafka.writer()
await using admin = await kafka.admin()
await firstLoad(page, home)
await writeLarge(home, largeDocument(20_000_000))
for (const step of await useLarge(page, home)) console.log(`20 MB message, ${stepLine(step)}`)
await tail(page, home, writer)
await catalogue(page, home, admin)
await browser.close()
await up.stop()
