/** A message of twenty megabytes never freezes the tab: whatever is done with it, the page goes on drawing and listening. */
import { expect, test } from 'vitest'
import { startChromium } from '../support/browser.ts'
import {
  largeDocument,
  largeTopicYaml,
  stepLine,
  typedMeanwhile,
  useLarge,
  writeLarge,
} from '../support/large-message.ts'
import { describeWith } from '../support/requires.ts'
import { sluiceHome } from '../support/sluice.ts'
import { signIn } from './visit.ts'

describeWith(['chromium'], 'a message of twenty megabytes', () => {
  test('is opened, searched, unfolded and read, while the page goes on', async () => {
    using home = await sluiceHome('large-message')
    await using _sluice = await home.up(home.write(`workers: 0\ntopics:\n${largeTopicYaml}pipelines: {}\n`))
    await writeLarge(home, largeDocument(20_000_000))
    const browser = await startChromium()
    try {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      const { page, complaints } = await signIn(context, home)
      const steps = await useLarge(page, home)
      process.stdout.write(`${steps.map(stepLine).join('\n')}\n`)
      // While it is read and searched the page goes on: frames are drawn, and what is typed is there.
      const drawn = steps.filter(({ says }) => /loading|finding/.test(says)).map(({ frames }) => frames)
      expect(drawn.length).toBe(2)
      expect(Math.min(...drawn)).toBeGreaterThan(10)
      expect(await page.getByRole('textbox', { name: 'Filter' }).inputValue()).toBe(typedMeanwhile)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
