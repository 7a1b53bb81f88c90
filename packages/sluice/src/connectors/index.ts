/** Every connector that Sluice ships. Configuration, docs, CLI and forms are read from these two lists. */
import type { SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import { postgresSink } from './postgres/definition.ts'

export const sources: readonly SourceDefinition[] = []

export const sinks: readonly SinkDefinition[] = [postgresSink]
