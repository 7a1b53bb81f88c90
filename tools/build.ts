/**
 * Compiles the packages to plain JavaScript in their `dist`, as they are published: `node --conditions=compiled` then
 * runs them without stripping types.
 *
 * Run: npm run build
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** In the order of their imports: each is compiled against the compiled ones before it. */
const packages = ['kafka-protocol', 'broker', 'sluice'] as const

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
