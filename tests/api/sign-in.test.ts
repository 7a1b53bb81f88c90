/** Signing in by the front door: the link of the command line, the cookie, a restart, and what is written down. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type SluiceHome, sluiceHome, startCommand, untilHolds } from '../support/sluice.ts'

const configuration = (anonymous: 'none' | 'read'): string =>
  `http: { anonymous: ${anonymous} }\nworkers: 0\ntopics: { orders: {} }\npipelines: {}\n`

interface Browser {
  readonly cookie: string
  readonly csrf: string
}

/** The link that `sluice signin` prints. */
const linkOf = async (home: SluiceHome): Promise<string> => {
  await using command = startCommand(['signin', '--http', home.http, '--dir', home.directory], {
    cwd: home.folder,
  })
  let link = ''
  await untilHolds({ output: command.output, hasEnded: () => false }, 'it showed a link', () => {
    link = /http\S+\/signin#[\w-]{43}/.exec(command.output())?.[0] ?? ''
    return link !== ''
  })
  return link
}

const signIn = async (home: SluiceHome, link: string): Promise<Response> =>
  fetch(`${home.http}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: home.http },
    body: JSON.stringify({ token: new URL(link).hash.slice(1) }),
  })

const browserOf = async (answer: Response): Promise<Browser> => {
  const { csrf_token: csrf } = (await answer.json()) as { csrf_token: string }
  return { csrf, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
}

const statusOf = async (home: SluiceHome, path: string, init: RequestInit = {}): Promise<number> =>
  (await fetch(`${home.http}${path}`, init)).status

/** Everything that is written under the data directory, but for what PostgreSQL and the broker keep. */
const writtenIn = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(log|json|html|1)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')

test('a link signs in once; the session outlives a restart and ends when one signs out', async () => {
  using home = await sluiceHome('sign-in')
  const file = home.write(configuration('none'))
  const outputs: string[] = []
  let browser: Browser
  let link: string
  {
    await using up = await home.up(file, { words: ['--log', 'debug'] })
    link = await linkOf(home)
    const answer = await signIn(home, link)
    expect(answer.status).toBe(200)
    browser = await browserOf(answer)
    expect((await signIn(home, link)).status).toBe(403)
    expect(await statusOf(home, '/api/topics')).toBe(401)
    expect(await statusOf(home, '/api/topics', { headers: { cookie: browser.cookie } })).toBe(200)
    outputs.push(up.output())
  }
  await using up = await home.up(file, { words: ['--log', 'debug'] })
  const { cookie, csrf } = browser
  expect(await statusOf(home, '/api/topics', { headers: { cookie } })).toBe(200)
  const out = (headers: Record<string, string>) =>
    statusOf(home, '/api/session', { method: 'DELETE', headers })
  expect(await out({ cookie })).toBe(403)
  expect(await out({ cookie, 'x-csrf-token': csrf })).toBe(200)
  expect(await statusOf(home, '/api/topics', { headers: { cookie } })).toBe(401)
  outputs.push(up.output(), writtenIn(home.directory))
  const written = outputs.join('\n')
  expect(written).toContain('answered')
  const token = new URL(link).hash.slice(1)
  for (const secret of [token, cookie.split('=')[1] ?? '', csrf, home.key(), '/signin#']) {
    expect(written).not.toContain(secret)
  }
})

test('everybody reads where the file says so, and nobody changes anything', async () => {
  using home = await sluiceHome('anonymous')
  await using up = await home.up(home.write(configuration('read')))
  await untilHolds(
    up,
    'the topic was made',
    async () => (await home.call('/api/topics/orders')).status === 200,
  )
  expect(await statusOf(home, '/api/topics')).toBe(200)
  expect(await statusOf(home, '/api/topics/orders', { method: 'DELETE' })).toBe(401)
  expect(await statusOf(home, '/api/session/links', { method: 'POST' })).toBe(401)
})
