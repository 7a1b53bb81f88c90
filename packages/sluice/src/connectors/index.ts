/** Every connector that Sluice ships. Configuration, docs, CLI and forms are read from these two lists. */
import type { SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import { fileSource } from './file/definition.ts'
import { fileSink } from './file/sink-definition.ts'
import { generatorSource } from './generator/definition.ts'
import { hostSource } from './host/definition.ts'
import { httpSource } from './http/definition.ts'
import { kafkaSink, kafkaSource } from './kafka/definition.ts'
import { postgresSink } from './postgres/definition.ts'

export const sources: readonly SourceDefinition[] = [
  hostSource,
  generatorSource,
  fileSource,
  httpSource,
  kafkaSource,
]

export const sinks: readonly SinkDefinition[] = [fileSink, kafkaSink, postgresSink]
