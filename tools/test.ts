/**
 * `npm test`: every check and every test; the last line is the total.
 *
 * `npm test -- tests/embedded` runs only the tests in files of that name.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { staticChecks, tests } from './checks.ts'
import { isRequired, missingRealParts } from './real-parts.ts'
import { root, runStages } from './run-checks.ts'

const say = (text: string): void => console.log(text)
const filters = process.argv.slice(2)
const stages =
  filters.length === 0
    ? [[staticChecks, [tests('unit')]], [[tests('system')]]]
    : [[[tests('unit', filters), tests('system', filters)]]]

const total = await runStages(stages, say)

const missing = missingRealParts()
if (missing.length > 0 && !isRequired()) {
  say(`Skipped for want of real parts: ${missing.map(({ part, from }) => `${part} (${from})`).join(', ')}.`)
}
if (!existsSync(process.env['SENSORS_DIR'] ?? join(root, '..', 'shared', 'data', 'sensors'))) {
  say('Skipped for want of real sensor files: name their folder with SENSORS_DIR.')
}
if (total.skipped > 0) say(`${total.skipped} skipped`)
say(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
