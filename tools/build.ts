/**
 * Compiles the packages to plain JavaScript in their `dist`, as they are published: `node --conditions=compiled` then
 * runs them without stripping types. The dashboard is built as well, and laid into the package that serves it.
 *
 * Run: npm run build
 */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePage, pageRoot } from '../packages/dashboard/build/page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** In the order of their imports: each is compiled against the compiled ones before it. */
const packages = ['kafka-protocol', 'kafka-client', 'broker', 'sluice'] as const

const page = await ensurePage()
console.log(
  page === null
    ? 'packages/dashboard/dist is up to date'
    : `built packages/dashboard/dist: first load ${Math.ceil(page.firstScriptGzipBytes / 1024)} KiB of script (gzip)`,
)

for (const name of packages) {
  const folder = join(root, 'packages', name)
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
  console.log(`compiled packages/${name}/dist`)
}

// Beside the compiled server, where it looks for it.
cpSync(join(pageRoot, 'dist'), join(root, 'packages', 'sluice', 'dist', 'page'), { recursive: true })
