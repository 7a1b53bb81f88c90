/**
 * The dashboard as it was built: its document with a nonce for each answer, its assets as the client takes them.
 *
 * - Read whole into memory when it is first asked for, and again when another build took its place.
 * - Assets have their content in their name, so browsers keep them for a year; the document is never kept.
 * - Where it is not built (yet), everything here is null: the plain front page answers.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { limits } from '../kernel/limits.ts'

export interface PageAsset {
  readonly body: Buffer
  readonly type: string
  readonly encoding: 'br' | 'gzip' | null
  readonly etag: string
  readonly cacheControl: string
}

export interface BuiltPage {
  /** The document with its nonce filled in; null where nothing is built. */
  document(nonce: string): string | null
  /** The file of that path, in the best form that `acceptEncoding` names; null where there is none. */
  asset(path: string, acceptEncoding: string): PageAsset | null
  /** Whether a build is under way: whoever waits a little gets the page. */
  isComing(): boolean
}

/** The policy of the document: scripts and styles of its own, by nonce; nothing from elsewhere, nothing inline. */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const noncePlaceholder = '__NONCE__'
const lookAgainMs = 1_000

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

/** Never served as they are: the document is filled in, and the others are notes of the build. */
const hidden = new Set(['/index.html', '/page.json', '/manifest.json'])

interface Forms {
  readonly plain: Buffer
  readonly packed: Map<'br' | 'gzip', Buffer>
  readonly etag: string
}

interface Loaded {
  readonly document: string
  readonly files: ReadonlyMap<string, Forms>
}

const encodings = { '.br': 'br', '.gz': 'gzip' } as const
const isPacked = (extension: string): extension is keyof typeof encodings => extension in encodings

const load = (folder: string): Loaded => {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const bytes = new Map<string, Buffer>()
  let sizeBytes = 0
  for (const path of paths) {
    const content = readFileSync(path)
    sizeBytes += content.length
    if (sizeBytes > limits.pageBytesMax) throw new Error(`${folder} is no page of ours: it is too large`)
    bytes.set(`/${relative(folder, path).replaceAll('\\', '/')}`, content)
  }
  const files = new Map<string, Forms>()
  for (const [path, plain] of bytes) {
    if (isPacked(extname(path)) || hidden.has(path)) continue
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    const packed = new Map<'br' | 'gzip', Buffer>()
    for (const [extension, encoding] of Object.entries(encodings)) {
      const form = bytes.get(path + extension)
      if (form !== undefined) packed.set(encoding, form)
    }
    files.set(path, { plain, packed, etag })
  }
  return { document: bytes.get('/index.html')?.toString('utf8') ?? '', files }
}

/** Whether a client takes an encoding: named, and not with a weight of nothing. */
const takes = (acceptEncoding: string, encoding: string): boolean =>
  acceptEncoding.split(',').some((part) => {
    const [name = '', ...weights] = part.split(';').map((word) => word.trim().toLowerCase())
    return name === encoding && !weights.some((weight) => /^q=0(\.0*)?$/.test(weight))
  })

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** The page built into `folder`; looks at the folder at most once a second. `nowMs` is a clock. */
export const openBuiltPage = (folder: string, nowMs: () => number): BuiltPage => {
  let loaded: Loaded | null = null
  let stamp = ''
  let lookedAtMs = Number.NEGATIVE_INFINITY
  const current = (): Loaded | null => {
    const now = nowMs()
    if (now - lookedAtMs < lookAgainMs) return loaded
    lookedAtMs = now
    // Written last: a folder without it is not whole, and one with another has other files.
    const mark = statSync(join(folder, 'page.json'), { throwIfNoEntry: false })
    const seen = mark === undefined ? '' : `${mark.mtimeMs} ${mark.ino}`
    if (seen === stamp) return loaded
    try {
      loaded = seen === '' ? loaded : load(folder)
      stamp = seen
    } catch {
      // Another build takes its place right now: looked at again in a second.
    }
    return loaded
  }
  return {
    document: (nonce) => current()?.document.replaceAll(noncePlaceholder, nonce) ?? null,
    asset: (path, acceptEncoding) => {
      const forms = current()?.files.get(path)
      if (forms === undefined) return null
      const encoding =
        (['br', 'gzip'] as const).find((name) => forms.packed.has(name) && takes(acceptEncoding, name)) ??
        null
      return {
        body: (encoding === null ? undefined : forms.packed.get(encoding)) ?? forms.plain,
        type: types[extname(path)] ?? 'application/octet-stream',
        encoding,
        etag: forms.etag,
        cacheControl: path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      }
    },
    isComing: () => isThere(`${folder}.building`),
  }
}
