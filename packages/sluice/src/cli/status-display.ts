/**
 * Shows the status of a running process: redrawn in place on a terminal; elsewhere changes of state at once and a
 * summary every 10 s, as plain lines.
 */
import { paintWith } from './paint.ts'
import { changeLines, type StatusSnapshot, statusLines, summaryLine } from './status-view.ts'
import { durationText } from './words.ts'

export interface Screen {
  readonly isTerminal: boolean
  readonly colour: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly write: (text: string) => void
}

export interface StatusDisplay {
  /** A line for people: above the status on a terminal. */
  say(line: string): void
  show(snapshot: StatusSnapshot): void
  /** The end: what is on the screen is true no more. */
  end(): void
}

export const summaryEveryMs = 10_000

const ranFor = ({ atMs, startedAtMs }: StatusSnapshot): string => durationText(atMs - startedAtMs)

const terminalDisplay = (screen: Screen): StatusDisplay => {
  const paint = paintWith(screen.colour)
  let drawn: readonly string[] = []
  let shown: StatusSnapshot | null = null
  // Up to the first drawn line and clear from there: one write, so that nothing flickers.
  const erase = (): string => (drawn.length === 0 ? '' : `\u001B[${drawn.length}F\u001B[J`)
  const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
  return {
    say: (line) => {
      screen.write(`${erase()}${line}\n${textOf(drawn)}`)
    },
    show: (snapshot) => {
      const size = { columns: screen.columns(), rows: screen.rows() }
      const lines = statusLines(snapshot, size, paint)
      screen.write(`${erase()}${textOf(lines)}`)
      drawn = lines
      shown = snapshot
    },
    end: () => {
      if (shown !== null) screen.write(`${erase()}Sluice ran for ${ranFor(shown)} and has stopped.\n`)
      drawn = []
      shown = null
    },
  }
}

const plainDisplay = (screen: Screen): StatusDisplay => {
  let before: StatusSnapshot | null = null
  let summarizedAtMs = Number.NEGATIVE_INFINITY
  // Times as in the log lines between them.
  const write = (atMs: number, line: string): void =>
    screen.write(`${new Date(atMs).toISOString().slice(11, 19)} ${line}\n`)
  return {
    say: (line) => screen.write(`${line}\n`),
    show: (snapshot) => {
      for (const line of changeLines(before, snapshot)) write(snapshot.atMs, line)
      if (before === null) for (const hint of snapshot.hints) screen.write(`  ${hint}\n`)
      before = snapshot
      if (snapshot.atMs - summarizedAtMs < summaryEveryMs) return
      summarizedAtMs = snapshot.atMs
      write(snapshot.atMs, summaryLine(snapshot))
    },
    end: () => {
      if (before !== null) write(before.atMs, summaryLine(before))
    },
  }
}

export const createStatusDisplay = (screen: Screen): StatusDisplay =>
  screen.isTerminal ? terminalDisplay(screen) : plainDisplay(screen)
