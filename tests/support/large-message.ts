/** A message of twenty megabytes, and what a person does with it on the page, with every frame watched meanwhile. */
import type { Page } from 'playwright-core'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import type { SluiceHome } from './sluice.ts'

export const largeTopic = 'large'

/** Topics that take such a message. */
export const largeTopicYaml = `  ${largeTopic}: { partitions: 1, configs: { max.message.bytes: 33554432 } }\n`

/** A document of many small values; the last one alone is called `needle`. */
export const largeDocument = (bytes: number): string => {
  const items: string[] = []
  for (let n = 0, length = 0; length < bytes; n += 1) {
    const item = `{"id":${n},"name":"item ${n}","price":${(n % 977) / 8},"tags":["a","b"],"note":"${'lorem ipsum dolor sit amet '.repeat(4)}"}`
    items.push(item)
    length += item.length + 1
  }
  return `{"items":[${items.join(',')}],"needle":"here"}`
}

/** Writes a short message of a key and then a large one of the same. */
export const writeLarge = async (home: SluiceHome, document: string): Promise<void> => {
  const kafka = openKafkaClient(
    { brokers: [home.kafka], tls: false, sasl: null, clientId: 'large' },
    systemClock,
    seededRandom(1),
  )
  await using writer = await kafka.writer()
  for (const value of ['{"items":[],"needle":"there"}', document])
    await writer.send([
      {
        topic: largeTopic,
        partition: 0,
        key: Buffer.from('same'),
        value: Buffer.from(value),
        headers: [],
        timeMs: systemClock.now(),
      },
    ])
}

/** Runs in the page: notes how long the longest frame and the longest task were, and how many frames there were. */
const watchScript = `(() => {
  const seen = { frames: 0, longestFrameMs: 0, longestTaskMs: 0 }
  globalThis.seenFrames = seen
  let before = performance.now()
  const frame = (now) => {
    seen.frames += 1
    seen.longestFrameMs = Math.max(seen.longestFrameMs, now - before)
    before = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longestTaskMs = Math.max(seen.longestTaskMs, duration)
  }).observe({ type: 'longtask', buffered: false })
})()`

export interface Step {
  readonly says: string
  readonly frames: number
  readonly longestFrameMs: number
  readonly longestTaskMs: number
}

export const stepLine = ({ says, frames, longestFrameMs, longestTaskMs }: Step): string =>
  `${says}: longest frame ${longestFrameMs.toFixed(0)} ms, longest task ${longestTaskMs.toFixed(0)} ms, ${frames} frames`

/** Rows that a tree shows at the most; such a document has more. */
const treeRowsMax = 800_000

/** Typed into the filter while the message loads. */
export const typedMeanwhile = 'event.needle'

/** Does what a person does with a large message; after each step, what the frames were. */
export const useLarge = async (page: Page, home: SluiceHome): Promise<readonly Step[]> => {
  const steps: Step[] = []
  const step = async (says: string, does: () => Promise<unknown>): Promise<void> => {
    await page.evaluate('Object.assign(seenFrames, { frames: 0, longestFrameMs: 0, longestTaskMs: 0 })')
    await does()
    // What the step began is drawn in the frames after.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    steps.push({ says, ...(await page.evaluate<Omit<Step, 'says'>>('seenFrames')) })
  }
  await page.goto(`${home.http}/topics/${largeTopic}/messages`)
  await page.evaluate(watchScript)
  const rows = page.getByRole('grid', { name: `Messages of ${largeTopic}` }).getByRole('row')
  const message = page.getByRole('complementary', { name: 'Message' })
  const filter = page.getByRole('textbox', { name: 'Filter' })
  const tree = message.getByRole('tree')
  const find = message.getByRole('textbox', { name: 'Find in this message' })
  await step('opening it', async () => {
    await rows.nth(1).click()
    await message.getByText('The beginning of').waitFor()
  })
  await step('loading the whole, while somebody types', async () => {
    await message.getByRole('button', { name: 'Load whole message' }).click()
    await filter.pressSequentially(typedMeanwhile, { delay: 40 })
    await tree.getByText('needle', { exact: true }).waitFor()
  })
  await step('finding within it', async () => {
    await find.pressSequentially('item 1234', { delay: 40 })
    await message.getByText(/^\d+ found$/).waitFor()
    await find.fill('needle')
    await message.getByText('1 found', { exact: true }).waitFor()
    await find.fill('')
  })
  await step('unfolding all', () => message.getByRole('button', { name: 'Unfold', exact: true }).click())
  await step('scrolling the tree', async () => {
    await tree.press('End')
    await tree.locator(`#jt-${treeRowsMax - 1}`).waitFor()
    await tree.press('Home')
    await tree.locator('#jt-0').waitFor()
  })
  await step('folding all', () => message.getByRole('button', { name: 'Fold', exact: true }).click())
  await step('the text', async () => {
    await message.getByRole('tab', { name: 'Raw' }).click()
    const text = message.getByRole('region', { name: 'Value as text' })
    await text.press('End')
    await text.getByText('"needle":"here"').waitFor()
  })
  await step('the bytes', async () => {
    await message.getByRole('tab', { name: 'Hex' }).click()
    const bytes = message.getByRole('region', { name: 'Value as bytes' })
    await bytes.press('End')
    await bytes.getByText(/^Only the first (12\.2|6\.1) MiB are shown\.$/).waitFor()
    await bytes.getByText(/^00(c34ff0|61a7f8)$/).waitFor()
  })
  await step('the difference to the one before', async () => {
    await message.getByRole('tab', { name: /^Diff/ }).click()
    await message.getByRole('table', { name: 'Difference to the message before' }).waitFor()
  })
  await step('the tree again', async () => {
    await message.getByRole('tab', { name: 'Tree' }).click()
    await tree.getByText('items', { exact: true }).waitFor()
  })
  return steps
}
