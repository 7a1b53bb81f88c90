/**
 * Builds the page into `dist`, once for each content: nothing is done when the sources are those of the last build.
 *
 * - Every text file lies beside its gzip and Brotli forms.
 * - `page.json` is written last: a folder with it is whole. The swap is one rename.
 * - One build at a time per clone. It runs at low priority: a start of Sluice does not wait for it.
 *
 * Run: node packages/dashboard/build/page.ts
 */
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, constants as zlib } from 'node:zlib'

export const pageRoot = resolve(import.meta.dirname, '..')
const distFolder = join(pageRoot, 'dist')
/** Is there while a build runs: the server's front page then says that the page is coming. */
const markFile = join(pageRoot, 'dist.building')
/** A mark this old was left by a build that was killed. */
const markStaleMs = 120_000

const sourcePatterns = ['src/**/*', 'public/**/*', 'build/**/*', 'index.html', 'package.json']
const contractPatterns = ['contract/**/*.ts']

const filesIn = (folder: string, patterns: readonly string[]): string[] =>
  globSync([...patterns], { cwd: folder })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
    .toSorted()

/** Names everything that a build depends on. */
const contentHash = (): string => {
  const hash = createHash('sha256')
  const contractFolder = join(pageRoot, '..', 'sluice', 'src')
  for (const file of [...filesIn(pageRoot, sourcePatterns), ...filesIn(contractFolder, contractPatterns)]) {
    hash.update(file.slice(pageRoot.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

const builtHash = (): string | null => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(distFolder, 'page.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null && 'hash' in manifest
      ? String(manifest.hash)
      : null
  } catch {
    return null
  }
}

const compressible = /\.(?:js|css|html|svg|json|txt|webmanifest)$/

const compress = async (file: string): Promise<void> => {
  const bytes = await readFile(file)
  const params = { [zlib.BROTLI_PARAM_QUALITY]: 10, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  await Promise.all([
    promisify(gzip)(bytes, { level: 9 }).then((packed) => writeFile(`${file}.gz`, packed)),
    promisify(brotliCompress)(bytes, { params }).then((packed) => writeFile(`${file}.br`, packed)),
  ])
}

interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const isChunk = (value: unknown): value is Chunk => isRecord(value) && typeof value['file'] === 'string'

/** What Vite wrote about its files. */
const readManifest = (file: string): Record<string, Chunk> => {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return Object.fromEntries(
    Object.entries(isRecord(manifest) ? manifest : {}).filter((entry): entry is [string, Chunk] =>
      isChunk(entry[1]),
    ),
  )
}

/** Scripts that a browser loads before anything is shown: the entry with all that it imports at once. */
const firstScripts = (manifest: Readonly<Record<string, Chunk>>): string[] => {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const chunk = manifest[name]
    if (chunk === undefined || found.has(chunk.file)) return
    found.add(chunk.file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  for (const [name, chunk] of Object.entries(manifest)) if (chunk.isEntry === true) visit(name)
  return [...found].filter((file) => file.endsWith('.js'))
}

export interface PageSizes {
  /** Gzipped script of the first load, in bytes. */
  readonly firstScriptGzipBytes: number
  /** Gzipped script of all pages together. */
  readonly allScriptGzipBytes: number
}

const sizesOf = (folder: string): PageSizes => {
  const manifest = readManifest(join(folder, 'manifest.json'))
  const sizeOf = (file: string): number => statSync(join(folder, `${file}.gz`)).size
  const sum = (files: readonly string[]): number => files.reduce((total, file) => total + sizeOf(file), 0)
  return {
    firstScriptGzipBytes: sum(firstScripts(manifest)),
    allScriptGzipBytes: sum(globSync('**/*.js', { cwd: folder })),
  }
}

const takeMark = (): boolean => {
  try {
    writeFileSync(markFile, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const mark = statSync(markFile, { throwIfNoEntry: false })
    if (mark !== undefined && Date.now() - mark.mtimeMs < markStaleMs) return false
    rmSync(markFile, { force: true })
    return takeMark()
  }
}

const buildInto = async (folder: string, hash: string): Promise<PageSizes> => {
  const [{ build }, { viteOptions }] = await Promise.all([import('vite'), import('./vite-options.ts')])
  mkdirSync(folder, { recursive: true })
  await build(viteOptions(pageRoot, folder))
  const texts = globSync('**/*', { cwd: folder })
    .map((file) => join(folder, file))
    .filter((file) => compressible.test(file) && statSync(file).isFile())
  await Promise.all(texts.map(compress))
  const sizes = sizesOf(folder)
  writeFileSync(join(folder, 'page.json'), `${JSON.stringify({ hash, ...sizes })}\n`)
  return sizes
}

const waitMs = 200

/**
 * Brings `dist` up to date; resolves to the sizes, or null when it was so already. Waits for a build that another
 * process has begun.
 */
export const ensurePage = async (): Promise<PageSizes | null> => {
  const hash = contentHash()
  if (builtHash() === hash) return null
  while (!takeMark()) {
    await new Promise((done) => setTimeout(done, waitMs))
    if (builtHash() === hash) return null
  }
  const fresh = join(pageRoot, `dist.${process.pid}`)
  const old = join(pageRoot, `dist.${process.pid}.old`)
  try {
    const sizes = await buildInto(fresh, hash)
    rmSync(old, { recursive: true, force: true })
    try {
      renameSync(distFolder, old)
    } catch {
      // There was none.
    }
    renameSync(fresh, distFolder)
    return sizes
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true })
    rmSync(markFile, { force: true })
  }
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

if (import.meta.main) {
  setPriority(constants.priority.PRIORITY_LOW)
  const sizes = await ensurePage()
  if (sizes !== null) {
    const { firstScriptGzipBytes, allScriptGzipBytes } = sizes
    console.log(
      `built packages/dashboard/dist: first load ${kib(firstScriptGzipBytes)} of script (gzip), all pages ${kib(allScriptGzipBytes)}`,
    )
  }
}
