/** A checked configuration: what the file says, with defaults filled in and secrets read. */
import type { PipelineDefinition } from '../flow/pipeline.ts'
import type { LogLevel } from '../kernel/logger.ts'
import type { KafkaSettings } from './kafka-settings.ts'

export interface TopicDeclaration {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
  readonly type: string | null
  readonly description: string | null
  /** The JSON Schema of the bodies, read. */
  readonly schema: unknown
}

export interface ConfiguredPipeline extends PipelineDefinition {
  readonly description: string | null
}

export interface Configuration {
  readonly namespace: string
  /** With secrets. */
  readonly kafka: 'embedded' | KafkaSettings
  /** The URL is secret. */
  readonly database: 'embedded' | { readonly url: string }
  readonly http: {
    readonly listen: string
    readonly allowRemote: boolean
    /** Names by which the server is reached, beside those of loopback. */
    readonly hosts: readonly string[]
    /** Origins of other pages that may use it. */
    readonly origins: readonly string[]
    /** What somebody who is not signed in may do. */
    readonly anonymous: 'none' | 'read'
  }
  readonly topics: readonly TopicDeclaration[]
  /** Those that are switched on, in the order of the file. */
  readonly pipelines: readonly ConfiguredPipeline[]
  /** Names of pipelines that the file switches off. */
  readonly disabled: readonly string[]
  readonly workers: number
  readonly log: {
    readonly level: LogLevel
    readonly format: 'text' | 'json'
    /** Lines are kept in the store for so long, and up to so many bytes. */
    readonly keepMs: number
    readonly keepBytes: number
  }
}
