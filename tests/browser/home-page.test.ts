import { expect, test } from 'vitest'
import { startTestApi } from '../../packages/sluice/src/api/rig.suite.ts'
import { startChromium } from '../support/browser.ts'
import { describeWith } from '../support/requires.ts'

describeWith(['chromium'], 'the home page in a browser', () => {
  test.each([
    { device: 'a desk', width: 1280, height: 800 },
    { device: 'a telephone', width: 360, height: 740 },
  ])('shows what runs on $device, styled, without a complaint or a stranger', async ({ width, height }) => {
    await using api = await startTestApi({})
    const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
    await using browser = await startChromium()
    const page = await browser.newPage({ viewport: { width, height } })
    const complaints: string[] = []
    const asked = new Set<string>()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    const answer = await page.goto(address)
    expect(answer?.status()).toBe(200)
    expect(await page.title()).toBe('Sluice')
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sluice')
    // The style is allowed by its hash alone: a style that changed without it would not apply.
    expect(await page.evaluate(`getComputedStyle(document.querySelector('main')).maxWidth`)).toBe('720px')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    expect([...asked]).toEqual([new URL(address).origin])
    expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([])
  })
})
