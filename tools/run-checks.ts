/**
 * Runs checks and tests, shows how they go, and adds them up.
 *
 * A check counts as one; a test run counts as the tests in it. What a check prints is shown only when it fails.
 */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export const root = dirname(import.meta.dirname)

export interface Check {
  readonly name: string
  /** A program of `node_modules/.bin`, or a TypeScript file of ours. */
  readonly command: string
  readonly args: readonly string[]
  /** Where Vitest leaves its results; only test runs have one. */
  readonly results?: string
  /** A long test run shows each file when it is done. */
  readonly shows?: 'files'
}

export interface Total {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const noTotal: Total = { passed: 0, failed: 0, skipped: 0 }

export const addTotals = (totals: readonly Total[]): Total =>
  totals.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    noTotal,
  )

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const countOf = (record: Record<string, unknown>, name: string): number => {
  const value = record[name]
  return typeof value === 'number' ? value : 0
}

/**
 * Adds up what Vitest's JSON reporter wrote. A file that could not be loaded has no tests but counts as a failure,
 * and so does a run that ended badly without a failed test.
 */
export const totalOfResults = (results: unknown, code: number | null): Total => {
  if (!isRecord(results)) return { ...noTotal, failed: 1 }
  const files = Array.isArray(results['testResults']) ? results['testResults'].filter(isRecord) : []
  const broken = files.filter(
    (file) =>
      file['status'] === 'failed' &&
      Array.isArray(file['assertionResults']) &&
      file['assertionResults'].length === 0,
  ).length
  const failed = countOf(results, 'numFailedTests') + broken
  return {
    passed: countOf(results, 'numPassedTests'),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: countOf(results, 'numPendingTests') + countOf(results, 'numTodoTests'),
  }
}

const readResults = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** A line of Vitest that tells how one file went. */
const isFileLine = (line: string): boolean => /^ [✓❯↓×] /u.test(line)

const commandLine = ({ command, args }: Check): readonly [string, readonly string[]] =>
  command.endsWith('.ts')
    ? [process.execPath, [join(root, command), ...args]]
    : [join(root, 'node_modules', '.bin', command), args]

/** Runs one check to its end; resolves to its total. */
export const runCheck = async (check: Check, say: (text: string) => void): Promise<Total> => {
  const startedAt = performance.now()
  if (check.results !== undefined) rmSync(join(root, check.results), { force: true })
  const [command, args] = commandLine(check)
  const child = spawn(command, args, {
    cwd: root,
    // The tools are started with the Node that runs us, not with the machine's.
    env: {
      ...process.env,
      NO_COLOR: '1',
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: unknown): void => {
    const text = String(chunk)
    output += text
    if (check.shows === 'files') for (const line of text.split('\n').filter(isFileLine)) say(`   ${line}`)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', resolve)
  })
  const total =
    check.results === undefined
      ? { ...noTotal, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
      : totalOfResults(readResults(join(root, check.results)), code)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  const counts = check.results === undefined ? '' : `: ${total.passed} passed, ${total.failed} failed`
  if (total.failed > 0) say(`${output.trimEnd()}\n`)
  say(`${total.failed > 0 ? '✗' : '✓'} ${check.name}${counts} (${seconds} s)`)
  return total
}

/** Runs one list after the other; the checks of a list run one by one, the lists of a stage side by side. */
export const runStages = async (
  stages: readonly (readonly (readonly Check[])[])[],
  say: (text: string) => void,
): Promise<Total> => {
  const totals: Total[] = []
  for (const lanes of stages) {
    await Promise.all(
      lanes.map(async (lane) => {
        for (const check of lane) totals.push(await runCheck(check, say))
      }),
    )
  }
  return addTotals(totals)
}
