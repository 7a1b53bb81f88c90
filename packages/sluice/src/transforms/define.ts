/** A transform's definition: data from which parser, linter and docs are derived, and how it becomes a step. */
import type { TObject } from 'typebox'
import type { Step } from '../flow/step.ts'

/** What a transform gets when it is examined or compiled. */
export interface TransformContext {
  /** The step's id. */
  readonly id: string
  /** JSON Schema of the bodies that come in, where it is known; else null. */
  readonly eventSchema: unknown
  /** Reads a JSON file named by the configuration. @throws Error with a sentence where it cannot */
  readonly readJson: (path: string) => unknown
}

/** Something wrong with the options that their schema cannot say. */
export interface TransformProblem {
  /** Where in the options. */
  readonly path: readonly (string | number)[]
  /** Character of the text at that place, where the problem is inside of it; else null. */
  readonly offset: number | null
  /** What is wrong, and what would be right; no full stop at the end of the first. */
  readonly problem: string
  readonly fix: string
}

export interface TransformExamination {
  readonly problems: readonly TransformProblem[]
  /** JSON Schema of the bodies that come out, where it is known; else null. */
  readonly eventSchema: unknown
}

export interface TransformDefinition<Options extends TObject = TObject> {
  readonly kind: 'transform'
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** What a reader of the reference needs beyond the options; Markdown. */
  readonly details: string
  /** A list item as it stands in a configuration. */
  readonly example: string
  readonly options: Options
  /** The option that a bare text stands for: `filter: event.amount > 0`. */
  readonly shorthand: string | null
  /** Finds every problem at once. `options` fit the schema. */
  readonly examine: (options: unknown, context: TransformContext) => TransformExamination
  /** @throws a fault on the first problem */
  readonly compile: (options: unknown, context: TransformContext) => Step
}

/** Declares a transform. */
export const defineTransform = <Options extends TObject>(
  definition: Omit<TransformDefinition<Options>, 'kind'>,
): TransformDefinition<Options> => ({ kind: 'transform', ...definition })
