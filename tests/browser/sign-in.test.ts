/** Signing in with a browser: the link, what stays of it, other tabs, other pages of the same machine, signing out. */
import { createServer, type Server } from 'node:http'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePage } from '../../packages/dashboard/build/page.ts'
import { startChromium } from '../support/browser.ts'
import type { TestPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { type SluiceHome, sluiceHome } from '../support/sluice.ts'

const linkPattern = /^\/signin#([\w-]{43})$/

/** A page of somebody else on this machine: the same site for a browser, another origin. */
const otherPage = async (): Promise<{ server: Server; address: string }> => {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<title>other</title>'),
  )
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, address: `http://127.0.0.1:${address.port}` }
}

describeWith(['chromium'], 'signing in with a browser', () => {
  let home: SluiceHome
  let sluice: TestPart
  let browser: Browser
  let other: Awaited<ReturnType<typeof otherPage>>
  beforeAll(async () => {
    await ensurePage()
    home = await sluiceHome('browser-sign-in')
    sluice = await home.up(home.write('workers: 0\npipelines: {}\ntopics: { orders: {} }\n'))
    browser = await startChromium()
    other = await otherPage()
  })
  afterAll(async () => {
    other?.server.close()
    await browser?.close()
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  const link = async (): Promise<{ url: string; token: string }> => {
    const { path } = JSON.parse((await home.call('/api/session/links', { method: 'POST' })).text) as {
      path: string
    }
    return { url: `${home.http}${path}`, token: linkPattern.exec(path)?.[1] ?? '' }
  }

  /** A tab that came in by a fresh link. */
  const signedIn = async (
    context: BrowserContext,
  ): Promise<{ page: Page; token: string; asked: string[] }> => {
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`))
    const { token, url } = await link()
    await page.goto(url)
    await page.waitForURL(`${home.http}/`)
    await page.getByRole('button', { name: 'Account: admin' }).waitFor()
    return { page, token, asked }
  }

  test('without a link one is told how to get one', async () => {
    await using context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(home.http)
    await page.getByText('./sluice signin').waitFor()
    expect(await context.cookies()).toEqual([])
  })

  test('a link signs in, and nothing of it stays where somebody could find it', async () => {
    await using context = await browser.newContext()
    const { asked, page, token } = await signedIn(context)
    const [cookie, ...more] = await context.cookies()
    expect(more).toEqual([])
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1' })
    const kept = await page.evaluate<string>(
      'JSON.stringify([location.href, document.cookie, document.referrer, document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, history.state])',
    )
    for (const secret of [token, cookie?.value ?? '']) expect(kept).not.toContain(secret)
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.filter((request) => request.includes(token))).toEqual([])
    await page.goBack()
    expect(page.url()).not.toContain(token)
  })

  test('a link that was used is refused in words, and other tabs of the browser are signed in', async () => {
    await using context = await browser.newContext()
    const { token } = await signedIn(context)
    const tab = await context.newPage()
    await tab.goto(home.http)
    await tab.getByRole('button', { name: 'Account: admin' }).waitFor()
    await using stranger = await browser.newContext()
    const late = await stranger.newPage()
    await late.goto(`${home.http}/signin#${token}`)
    await late.getByText('This link does not sign in').waitFor()
    expect(await stranger.cookies()).toEqual([])
  })

  test('no page of another server of this machine can do anything with the session', async () => {
    await using context = await browser.newContext()
    const { page: own } = await signedIn(context)
    const opened = await own.evaluate<string>(`new Promise((resolve) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/live')
      socket.onopen = () => resolve('opened')
      socket.onerror = () => resolve('refused')
    })`)
    expect(opened).toBe('opened')
    const evil = await context.newPage()
    await evil.goto(other.address)
    const tried = await evil.evaluate<unknown[]>(`(async () => {
      const url = ${JSON.stringify(home.http)}
      const body = JSON.stringify({ name: 'forged', partitions: 1 })
      const read = await fetch(url + '/api/topics', { credentials: 'include' }).then(() => 'read', () => 'refused')
      const sent = await fetch(url + '/api/topics', {
        method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body,
      }).then((answer) => answer.type, () => 'refused')
      const socket = await new Promise((resolve) => {
        const opened = new WebSocket(url.replace('http', 'ws') + '/api/live')
        opened.onopen = () => resolve('opened')
        opened.onerror = () => resolve('refused')
      })
      const framed = await new Promise((resolve) => {
        const frame = document.createElement('iframe')
        frame.onload = () => { try { resolve(frame.contentDocument === null ? 'refused' : 'read') } catch { resolve('refused') } }
        frame.src = url + '/api/topics'
        document.body.append(frame)
      })
      return [read, sent, socket, framed]
    })()`)
    expect(tried).toEqual(['refused', expect.stringMatching(/opaque|refused/), 'refused', 'refused'])
    await evil.setContent(
      `<form method="post" enctype="text/plain" action="${home.http}/api/topics"><input name='{"name":"forged","x":"' value='"}'><button>go</button></form>`,
    )
    const answered = evil.waitForResponse(`${home.http}/api/topics`)
    await evil.getByRole('button').click()
    expect((await answered).status()).toBe(403)
    expect((await home.call('/api/topics/forged')).status).toBe(404)
  })

  test('a tab goes on changing things after another tab of the browser signed in anew', async () => {
    await using context = await browser.newContext()
    const { page } = await signedIn(context)
    await signedIn(context)
    const refused: number[] = []
    page.on('response', (response) => {
      if (response.request().method() === 'DELETE') refused.push(response.status())
    })
    await page.getByRole('button', { name: 'Account: admin' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByText('./sluice signin').waitFor()
    expect(refused).toEqual([403, 200])
    expect(await context.cookies()).toEqual([])
  })

  test('signing out ends the session for every tab, and for whoever kept the cookie', async () => {
    await using context = await browser.newContext()
    const { page } = await signedIn(context)
    const [cookie] = await context.cookies()
    const kept = `${cookie?.name}=${cookie?.value}`
    const topics = async () => (await fetch(`${home.http}/api/topics`, { headers: { cookie: kept } })).status
    expect(await topics()).toBe(200)
    await page.getByRole('button', { name: 'Account: admin' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByText('./sluice signin').waitFor()
    expect([await topics(), await context.cookies()]).toEqual([401, []])
    const tab = await context.newPage()
    await tab.goto(home.http)
    await tab.getByText('./sluice signin').waitFor()
  })
})
