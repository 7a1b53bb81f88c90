/** Which messages a reader wants: a text they have, or the expression language of steps, over messages as they lie. */

import { messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import { evaluationProblem } from '../transforms/expression/cel.ts'
import { evaluateExpression, metaOf, prepareExpression } from '../transforms/expression/compile.ts'
import { textOf } from './bytes-text.ts'
import { type ReadRecord, sizeBytesOf } from './message-body.ts'
import { searchedText } from './searched-text.ts'

/** True or false; a sentence where the expression cannot tell, such as a field that is missing. */
export type Verdict = boolean | { readonly problem: string }

export type MessageFilter = (record: ReadRecord) => Verdict

const tooLarge = {
  problem: `it is larger than ${limits.searchedValueBytesMax} bytes, which are not searched`,
}

/** JSON as in steps; what is no JSON is its text, so that it can be searched too. */
const eventOf = ({ batch, index }: ReadRecord): unknown => {
  const bytes = batch.valueOf(index)
  if (bytes === null) return null
  const { text } = textOf(bytes)
  try {
    const body: unknown = JSON.parse(text ?? '')
    return body
  } catch {
    return text
  }
}

/** Key or value has the text, whatever the case. */
const textFilter = (text: string): MessageFilter => {
  const wanted = text.toLowerCase()
  const has = (bytes: Uint8Array | null): boolean => {
    const { text: own, encoding } = textOf(bytes)
    return own !== null && encoding === 'utf8' && own.toLowerCase().includes(wanted)
  }
  return (record) => {
    const { batch, index } = record
    if (sizeBytesOf(record) > limits.searchedValueBytesMax) return tooLarge
    return has(batch.valueOf(index)) || has(batch.keyOf(index))
  }
}

/**
 * Compiles a filter: plain words are looked for as a text, all else is an expression. A body larger than `limits.searchedValueBytesMax` is not judged.
 * @throws fault EXPRESSION_INVALID, with the column
 */
export const compileMessageFilter = (text: string): MessageFilter => {
  const words = searchedText(text)
  if (words !== null) return textFilter(words)
  const expression = prepareExpression(text, ['event', 'meta'], { gives: 'bool' })
  const needsEvent = expression.names.has('event')
  const needsMeta = expression.names.has('meta')
  return (record) => {
    if (needsEvent && sizeBytesOf(record) > limits.searchedValueBytesMax) return tooLarge
    try {
      const answer = evaluateExpression(expression, {
        event: needsEvent ? eventOf(record) : null,
        meta: needsMeta ? metaOf(record.batch, record.index) : null,
      })
      return typeof answer === 'boolean'
        ? answer
        : { problem: `the expression gave ${typeof answer}, not true or false` }
    } catch (error) {
      return { problem: evaluationProblem(error) || messageOf(error) }
    }
  }
}
