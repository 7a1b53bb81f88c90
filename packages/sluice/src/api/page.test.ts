import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BuiltPage, openBuiltPage } from './built-page.ts'
import { startTestApi } from './rig.suite.ts'

const script = 'console.log("hello from the page")'
const document = '<!doctype html><script nonce="__NONCE__" src="/assets/app-1234.js"></script>'
const html = { host: 'localhost', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let folder: string
let nowMs: number
let page: BuiltPage

const write = (file: string, content: string | Buffer): void => {
  mkdirSync(join(folder, file, '..'), { recursive: true })
  writeFileSync(join(folder, file), content)
}

const build = (mark = 'one'): void => {
  write('index.html', document)
  write('icon.svg', '<svg/>')
  write('assets/app-1234.js', script)
  write('assets/app-1234.js.br', brotliCompressSync(script))
  write('assets/app-1234.js.gz', gzipSync(script))
  write('page.json', `{"hash":"${mark}"}`)
}

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sluice-page-')), 'dist')
  nowMs = 0
  page = openBuiltPage(folder, () => nowMs)
})

afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const get = async (url: string, headers: Record<string, string> = html) => {
  await using api = await startTestApi({ page })
  return await api.server.inject({ method: 'GET', url, headers })
}

describe('a browser gets the dashboard', () => {
  test.each(['/', '/topics', '/pipelines/orders%20x', '/signin'])('at %s', async (url) => {
    build()
    const { statusCode, headers, body } = await get(url)
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
    const nonce = /nonce="([^"]{24})"/.exec(body)?.[1]
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`script-src 'self' 'nonce-${nonce}'`)
    expect(policy).not.toContain('unsafe')
  })

  test('with another nonce each time', async () => {
    build()
    await using api = await startTestApi({ page })
    const bodies = await Promise.all(
      [1, 2, 3].map(async () => (await api.server.inject({ url: '/', headers: html })).body),
    )
    expect(new Set(bodies).size).toBe(3)
  })

  test.each([
    { accepts: 'gzip, deflate, br', encoding: 'br', unpack: brotliDecompressSync },
    { accepts: 'br;q=0, gzip', encoding: 'gzip', unpack: gunzipSync },
    { accepts: 'identity', encoding: undefined, unpack: (bytes: Buffer) => bytes },
  ])('its scripts come as $accepts allows, for a year', async ({ accepts, encoding, unpack }) => {
    build()
    const { headers, rawPayload } = await get('/assets/app-1234.js', {
      host: 'localhost',
      'accept-encoding': accepts,
    })
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(unpack(rawPayload).toString()).toBe(script)
    const again = await get('/assets/app-1234.js', {
      host: 'localhost',
      'if-none-match': String(headers['etag']),
    })
    expect(again.statusCode).toBe(304)
  })

  test('of a newer build as soon as it is there', async () => {
    expect(page.document('n')).toBeNull()
    build()
    nowMs = 1_000
    expect(page.document('n')).toContain('nonce="n"')
    build('another')
    write('index.html', 'newer')
    rmSync(join(folder, 'page.json'))
    write('page.json', '{"hash":"two","more":1}')
    nowMs = 2_000
    expect(page.document('n')).toBe('newer')
  })
})

describe('everything else stays as it was', () => {
  test.each([
    { url: '/health', status: 200 },
    { url: '/api/pipelines', status: 401 },
    { url: '/api/nothing', status: 404 },
    { url: '/assets/gone-1.js', status: 404 },
    { url: '/page.json', status: 200, page: true },
    { url: '/assets/../page.json', status: 200, page: true },
  ])('a browser at $url', async ({ url, status, page: isPage = false }) => {
    build()
    const { statusCode, headers, body } = await get(url)
    expect(statusCode).toBe(status)
    expect(String(headers['content-type']).includes('text/html')).toBe(isPage)
    expect(body).not.toContain('"hash"')
  })

  test('whoever asks for no page gets none', async () => {
    build()
    expect((await get('/', { host: 'localhost', accept: '*/*' })).json()).toMatchObject({ service: 'sluice' })
    expect((await get('/topics', { host: 'localhost', accept: '*/*' })).statusCode).toBe(404)
  })

  test('without a build there is the plain front page, which looks again while one is under way', async () => {
    const plain = await get('/')
    expect(plain.body).toContain('Where to start')
    expect(plain.headers['refresh']).toBeUndefined()
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}.building`, '')
    expect((await get('/')).headers['refresh']).toBe('2')
  })

  test('a sign-in link that is opened before the page is built waits for it', async () => {
    expect((await get('/signin')).statusCode).toBe(404)
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}.building`, '')
    await using api = await startTestApi({ page })
    const waiting = api.server.inject({ method: 'GET', url: '/signin', headers: html })
    const other = await api.server.inject({ method: 'GET', url: '/api/nothing', headers: html })
    expect(other.statusCode).toBe(404)
    build()
    nowMs += 10_000
    const { statusCode, headers } = await waiting
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  })
})
