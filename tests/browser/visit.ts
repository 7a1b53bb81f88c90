/**
 * A visit with a browser: signed in by a one-time link, with everything noted that a careful visitor would complain of.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { SluiceHome } from '../support/sluice.ts'

const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const screenshots = process.env['SCREENSHOTS']

export interface Visit {
  readonly page: Page
  /** Errors and warnings of the console, errors of scripts, requests that failed, and addresses that are not ours. */
  readonly complaints: string[]
}

/** What the browser gives up itself because the page goes elsewhere. */
const gaveUp = /net::ERR_ABORTED/

const noteComplaints = (page: Page, home: SluiceHome): string[] => {
  const complaints: string[] = []
  const ours = [home.http, home.http.replace('http:', 'ws:'), 'data:', 'blob:', 'about:']
  const noteAddress = (url: string): void => {
    if (!ours.some((start) => url.startsWith(start))) complaints.push(`asks ${url}`)
  }
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'failed'
    if (!gaveUp.test(why)) complaints.push(`${request.method()} ${request.url()}: ${why}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  page.on('request', (request) => noteAddress(request.url()))
  page.on('websocket', (socket) => noteAddress(socket.url()))
  return complaints
}

/** A tab that looks at `path` without being signed in, as whoever comes by. */
export const comeBy = async (context: BrowserContext, home: SluiceHome, path = '/'): Promise<Visit> => {
  await context.addInitScript({ path: join(import.meta.dirname, 'page-checks.cjs') })
  const page = await context.newPage()
  const complaints = noteComplaints(page, home)
  await page.goto(`${home.http}${path}`)
  return { page, complaints }
}

/** A tab that came in by a fresh one-time link, which only the admin key can ask for; it stands at `path`. */
export const signIn = async (context: BrowserContext, home: SluiceHome, path = '/'): Promise<Visit> => {
  const { path: link } = JSON.parse((await home.call('/api/session/links', { method: 'POST' })).text) as {
    path: string
  }
  const visit = await comeBy(context, home, link)
  await visit.page.waitForURL(`${home.http}/`)
  await visit.page.getByRole('button', { name: 'Account: admin' }).waitFor()
  if (path !== '/') await visit.page.goto(`${home.http}${path}`)
  return visit
}

interface AxeFinding {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[]
}

/** What axe-core holds against the page as it stands: rule, element, and why. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(`${axeSource};undefined`)
  const violations = await page.evaluate<readonly AxeFinding[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(
      ({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) })))`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  )
}

/** Keeps a picture where `SCREENSHOTS` names a folder. */
export const keepPicture = async (page: Page, name: string): Promise<void> => {
  if (screenshots === undefined) return
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`) })
}

/** Nothing beyond the edges of the window, nothing that axe finds, no text too pale. */
export const expectWellShown = async (page: Page, what: string): Promise<void> => {
  expect.soft(await page.evaluate('pageChecks.overflowing()'), `${what}: too wide`).toEqual([])
  expect.soft(await axeFindings(page), `${what}: axe`).toEqual([])
}
