/** Turns an expression's fault into problems with a place, for the linter. */

import type { OptionProblem } from '../flow/connector.ts'
import { isFault, messageOf } from '../kernel/faults/index.ts'
import { compileExpression, type ExpressionOptions } from './expression/compile.ts'

/** The problems of one expression: none, or the first that the parser meets. */
export const expressionProblems = (
  text: string,
  path: readonly (string | number)[],
  options: ExpressionOptions,
): readonly OptionProblem[] => {
  try {
    compileExpression(text, options)
    return []
  } catch (error) {
    if (!isFault(error)) return [{ path, offset: 0, problem: messageOf(error), fix: '' }]
    return [
      {
        path,
        offset: Number(error.facts['column'] ?? 1) - 1,
        problem: `the expression is wrong: ${error.facts['problem']}`,
        fix: error.fix,
      },
    ]
  }
}
