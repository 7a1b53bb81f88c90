/** A pipeline as data: what the configuration says, checked and with defaults filled in. */

export interface PartDefinition {
  /** Name of the connector or transform. */
  readonly use: string
  /** Its options, checked against its schema. */
  readonly options: unknown
}

export interface StepDefinition extends PartDefinition {
  /** Unique in its pipeline and stable over edits elsewhere. */
  readonly id: string
}

export interface PipelineDefinition {
  readonly name: string
  readonly source: PartDefinition
  readonly steps: readonly StepDefinition[]
  readonly sink: PartDefinition
  readonly retry: RetryPolicy
  /** Changes when anything of the definition changes: a running pipeline with another one is taken over. */
  readonly fingerprint: string
}

export interface RetryPolicy {
  readonly firstMs: number
  readonly mostMs: number
  /** After so many attempts in a row the pipeline is `degraded`; it goes on trying. */
  readonly degradedAfter: number
}

export const defaultRetryPolicy: RetryPolicy = { firstMs: 100, mostMs: 15_000, degradedAfter: 5 }
