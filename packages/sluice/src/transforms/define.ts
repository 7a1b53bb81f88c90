/** A transform's definition: data from which parser, linter and docs are derived, and how it becomes a step. */
import type { TObject } from 'typebox'
import type { OptionProblem } from '../flow/connector.ts'
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

export interface TransformExamination {
  readonly problems: readonly OptionProblem[]
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
