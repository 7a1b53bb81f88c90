/**
 * Writes what is generated from the code: the reference pages, and the example that is the quickstart.
 *
 *   npm run run-ts tools/docs.ts            writes
 *   npm run run-ts tools/docs.ts --check    fails where something is stale
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cliReference } from '../packages/sluice/src/cli/reference.ts'
import { quickstart } from '../packages/sluice/src/config/quickstart.ts'
import { referencePages } from '../packages/sluice/src/config/reference.ts'
import { sinks, sources } from '../packages/sluice/src/connectors/index.ts'
import { contract } from '../packages/sluice/src/contract/index.ts'
import { metrics } from '../packages/sluice/src/contract/metrics.ts'
import { transforms } from '../packages/sluice/src/transforms/index.ts'
import { apiPage, metricsPage } from './docs/api-page.ts'
import { livePage } from './docs/live-page.ts'
import { page } from './docs/markdown.ts'

const root = join(import.meta.dirname, '..')

const definitions = { sources, sinks, transforms }

const generated = (): ReadonlyMap<string, string> => {
  const reference = {
    ...referencePages(definitions),
    'cli.md': page(cliReference().split('\n')),
    'api.md': apiPage(Object.values(contract)),
    'live.md': livePage(),
    'metrics.md': metricsPage(Object.values(metrics)),
  }
  const pages = Object.entries(reference).map(([name, text]): [string, string] => [
    `docs/reference/${name}`,
    text,
  ])
  return new Map([...pages, ['examples/sensors/sluice.yaml', quickstart]])
}

const textAt = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const stale = [...generated()].filter(([path, text]) => textAt(join(root, path)) !== text)

if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is stale; run: npm run run-ts tools/docs.ts`)
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
