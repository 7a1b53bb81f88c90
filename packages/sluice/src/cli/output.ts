/** Answers on stdout: JSON where `--json` was given, else what `people` makes of them, without what steers a terminal. */
import type { CommandContext } from './command.ts'
import { type Paint, paintWith } from './paint.ts'
import { type Column, tableLines } from './table.ts'
import { harmless } from './words.ts'

/** Prints an answer. */
export const printAnswer = async <Answer>(
  { io, options }: CommandContext,
  answer: Answer,
  people: (answer: Answer, paint: Paint) => readonly string[],
): Promise<void> => {
  if (options.json) await io.out(`${JSON.stringify(answer, null, 2)}\n`)
  else {
    const lines = people(answer, paintWith(io.colourOut))
    await io.out(`${harmless(lines.join('\n'), io.colourOut)}\n`)
  }
}

/** Prints rows as a table; where there are none, says so, and what would fill it. */
export const printRows = <Row>(
  context: CommandContext,
  answer: { readonly data: readonly Row[] },
  columns: readonly Column<Row>[],
  empty: string,
): Promise<void> => {
  if (answer.data.length === 0 && !context.options.json) {
    context.io.err(`${empty}\n`)
    return Promise.resolve()
  }
  return printAnswer(context, answer, ({ data }, paint) =>
    tableLines(data, columns, context.io.columns(), paint),
  )
}

/** What somebody may do next and the command for it, for people: on stderr, and not beside JSON. */
export const printHints = (
  { io, options, typed }: CommandContext,
  hints: readonly (readonly [says: string, line: string])[],
): void => {
  if (options.json || hints.length === 0) return
  const paint = paintWith(io.colourErr)
  const lines = hints.map(([says, line]) => `${paint('soft', `${says}:`)} ${paint('accent', typed(line))}`)
  io.err(`\n${harmless(lines.join('\n'), io.colourErr)}\n`)
}

/** Facts under each other, their names in one column. */
export const factLines = (
  facts: readonly (readonly [name: string, text: string])[],
  paint: Paint,
): string[] => {
  const widest = Math.max(0, ...facts.map(([name]) => name.length))
  return facts.map(([name, text]) => `${paint('soft', name.padEnd(widest))}  ${text}`)
}
