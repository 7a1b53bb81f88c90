/** What the linter finds: `file:line:col: what is wrong; what would be right`. */

export interface Finding {
  readonly fileName: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
  /** A warning does not keep the configuration from being used. */
  readonly severity: 'error' | 'warning'
  /** What is wrong; no capital, no full stop. Never holds a value that came from the environment or a secret file. */
  readonly problem: string
  /** What would be right. */
  readonly fix: string
}

/** Collects findings at offsets of the text. */
export interface Report {
  error(offset: number, problem: string, fix: string): void
  warn(offset: number, problem: string, fix: string): void
  /** Errors so far. */
  errors(): number
}

const withoutStop = (sentence: string): string => sentence.trim().replace(/\.$/, '')

/** Findings by place, each once; `placeOf` turns an offset into line and column. */
export const createReport = (
  fileName: string,
  placeOf: (offset: number) => { readonly line: number; readonly col: number },
) => {
  const findings = new Map<string, Finding>()
  const add = (severity: Finding['severity'], offset: number, problem: string, fix: string): void => {
    if (findings.size >= findingsMax) return
    const { line, col } = placeOf(offset)
    const finding = {
      fileName,
      line: Math.max(1, line),
      column: Math.max(1, col),
      severity,
      problem: withoutStop(problem),
      fix: withoutStop(fix),
    }
    findings.set(`${finding.line}:${finding.column}:${finding.problem}`, finding)
  }
  const report: Report = {
    error: (offset, problem, fix) => add('error', offset, problem, fix),
    warn: (offset, problem, fix) => add('warning', offset, problem, fix),
    errors: () => [...findings.values()].filter((finding) => finding.severity === 'error').length,
  }
  const sorted = (): Finding[] =>
    [...findings.values()].toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { report, sorted }
}

/** More than this tells nobody anything. */
const findingsMax = 200

/** A finding as a line for people and editors. */
export const formatFinding = (finding: Finding): string => {
  const word = finding.severity === 'warning' ? 'warning: ' : ''
  const fix = finding.fix === '' ? '' : `; ${finding.fix}`
  return `${finding.fileName}:${finding.line}:${finding.column}: ${word}${finding.problem}${fix}`
}
