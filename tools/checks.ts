/** Every check there is: what it is called and how it is run. `check` and `test` choose from here. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, root } from './run-checks.ts'

const format: Check = { name: 'format', command: 'biome', args: ['ci', '--reporter=summary', '.'] }
const types: Check = { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] }
const pageTypes: Check = {
  name: 'types of the page',
  command: 'tsc',
  args: ['-p', 'packages/dashboard/tsconfig.json'],
}
const lint: Check = {
  name: 'lint',
  command: 'oxlint',
  args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
}
const unused: Check = { name: 'unused code', command: 'knip', args: ['--no-progress'] }
const tidy: Check = { name: 'tidy', command: 'tools/tidy.ts', args: [] }

/** A run of Vitest; `filters` are parts of file names. */
export const tests = (project: 'unit' | 'system', filters: readonly string[] = []): Check => {
  const results = `.cache/${project}-tests.json`
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  return {
    name: `${project} tests`,
    command: 'vitest',
    args: ['run', '--project', project, '--passWithNoTests', ...reporters, ...filters],
    results,
    ...(project === 'system' ? { shows: 'files' } : {}),
  }
}

/** Whether the generated pages are what would be generated now. */
const docs: Check = { name: 'docs', command: 'tools/docs.ts', args: ['--check'] }

/** Quick ones that look at the code without running it. */
export const staticChecks: readonly Check[] = [types, pageTypes, lint, format, tidy, unused, docs].filter(
  ({ command }) => !command.endsWith('.ts') || existsSync(join(root, command)),
)
