/** A connector's definition: data from which parser, linter, docs, CLI help and forms are derived, and how it is opened. */

import type { TObject } from 'typebox'
import type { Clock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import type { SqlDatabase } from './commit.ts'
import type { HttpReceivers, IdempotencyStore } from './http-ingest.ts'
import type { NewTopic } from './kafka-ports.ts'
import type { SinkSession } from './sink.ts'
import type { Ownership, PositionTools, SourceSession } from './source.ts'

/** What a connector promises, in the field's words. */
export interface Guarantee {
  readonly delivery: 'exactly once in effect' | 'at least once' | 'at most once'
  readonly order: string
  /** Why, and under which condition. */
  readonly because: string
}

/** Something wrong with options that their schema cannot say. */
export interface OptionProblem {
  /** Where in the options. */
  readonly path: readonly (string | number)[]
  /** Character of the text at that place, where the problem is inside of it; else null. */
  readonly offset: number | null
  /** What is wrong. */
  readonly problem: string
  /** What would be right. */
  readonly fix: string
}

/** Files in PEM, absolute, which are read at each connection, so that renewed ones are taken; null where there is none. */
export interface KafkaCertificates {
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
  /** Opens the key where it is encrypted. */
  readonly keyPassword: string | null
  /** The name that brokers' certificates hold, where it is not the one they are reached by. */
  readonly serverName: string | null
}

/** Where a token for OAUTHBEARER comes from. */
export type KafkaTokenSource =
  | { readonly file: string }
  | {
      readonly url: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string | null
    }

/** How Sluice signs in to a Kafka cluster; files are absolute, and read at each sign-in. */
export type KafkaSignIn =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string | { readonly file: string }
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: KafkaTokenSource }
  | { readonly mechanism: 'aws_msk_iam'; readonly region: string | null }

/** How a Kafka cluster is reached. Secrets in here never leave the process. */
export interface KafkaAccess {
  readonly brokers: readonly string[]
  readonly tls: boolean | KafkaCertificates
  readonly sasl: KafkaSignIn | null
  readonly clientId: string
}

/** What a connector gets when it is opened. */
export interface OpenContext {
  readonly pipeline: string
  /** Prefix of groups, schemas and internal topics. */
  readonly namespace: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly kafka: KafkaAccess
  /** Topics that the configuration declares: whoever makes one of them makes it so. */
  readonly topics: readonly NewTopic[]
  /** Where sources that take calls over HTTP make themselves known. */
  readonly httpReceivers: HttpReceivers
  /** Where the keys of such calls are remembered. */
  readonly idempotency: IdempotencyStore
  /** Relative paths of the configuration are resolved against this folder. */
  readonly baseDirectory: string
  /** Name of this machine, stable over restarts. */
  readonly hostName: string
  /** This process, unique among all. */
  readonly processId: string
  /** Opens the database at `url`, or Sluice's own, with so many connections. Whoever opens it disposes it. */
  readonly database: (url: string | null, connectionsMax: number) => Promise<SqlDatabase>
}

export interface SourceDefinition<Options extends TObject = TObject> {
  readonly kind: 'source'
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** What a reader of the reference needs beyond the options; Markdown. */
  readonly details: string
  readonly options: Options
  readonly guarantee: Guarantee
  /** Finds what the schema cannot say, for the linter. `options` fit the schema. */
  readonly examine?: (options: unknown) => readonly OptionProblem[]
  readonly ownership: Ownership
  /** Which process runs pipelines with this source. */
  readonly runsOn: 'worker' | 'server'
  /** Opens it. `options` were checked against the schema, defaults filled in, durations and sizes as written. */
  readonly open: (options: unknown, context: OpenContext) => Promise<SourceSession>
  /** Moves positions by hand, where the source can go back or skip. */
  readonly openPositions?: (options: unknown, context: OpenContext) => Promise<PositionTools>
}

export interface SinkDefinition<Options extends TObject = TObject> {
  readonly kind: 'sink'
  readonly name: string
  readonly summary: string
  readonly details: string
  readonly options: Options
  readonly guarantee: Guarantee
  /** Finds what the schema cannot say, for the linter. `options` fit the schema. */
  readonly examine?: (options: unknown) => readonly OptionProblem[]
  readonly open: (options: unknown, context: OpenContext) => Promise<SinkSession>
}

export const defineSource = <Options extends TObject>(
  definition: Omit<SourceDefinition<Options>, 'kind'>,
): SourceDefinition<Options> => ({ kind: 'source', ...definition })

export const defineSink = <Options extends TObject>(
  definition: Omit<SinkDefinition<Options>, 'kind'>,
): SinkDefinition<Options> => ({ kind: 'sink', ...definition })
