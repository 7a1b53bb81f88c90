/** Makes runnable pipelines of a checked configuration: connectors found and bound, transforms compiled. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Configuration, ConfiguredPipeline } from '../config/configuration.ts'
import { sinks, sources } from '../connectors/index.ts'
import type { OpenContext, SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import type { Step } from '../flow/step.ts'
import { fault } from '../kernel/faults/index.ts'
import type { PreparedPipeline } from '../pipelines/pipeline-run.ts'
import { transforms } from '../transforms/index.ts'

/** Everything of an opening but the pipeline's name. */
export type OpenBase = Omit<OpenContext, 'pipeline'>

export const sourceOf = (pipeline: ConfiguredPipeline): SourceDefinition => {
  const found = sources.find(({ name }) => name === pipeline.source.use)
  if (found === undefined) throw fault('NOT_FOUND', { kind: 'source', name: pipeline.source.use })
  return found
}

export const sinkOf = (pipeline: ConfiguredPipeline): SinkDefinition => {
  const found = sinks.find(({ name }) => name === pipeline.sink.use)
  if (found === undefined) throw fault('NOT_FOUND', { kind: 'sink', name: pipeline.sink.use })
  return found
}

const compileSteps = (pipeline: ConfiguredPipeline, baseDirectory: string): readonly Step[] =>
  pipeline.steps.map((step) => {
    const transform = transforms.find(({ name }) => name === step.use)
    if (transform === undefined) throw fault('NOT_FOUND', { kind: 'transform', name: step.use })
    return transform.compile(step.options, {
      id: step.id,
      eventSchema: null,
      readJson: (path) => {
        const parsed: unknown = JSON.parse(readFileSync(resolve(baseDirectory, path), 'utf8'))
        return parsed
      },
    })
  })

/** Context for one pipeline. */
export const openContextFor = (base: OpenBase, pipeline: string): OpenContext => ({
  ...base,
  pipeline,
  logger: base.logger.of(`pipeline ${pipeline}`),
})

/** Prepares every pipeline that runs in this kind of process. */
export const preparePipelines = (
  configuration: Configuration,
  runsOn: 'worker' | 'server',
  base: OpenBase,
): readonly PreparedPipeline[] =>
  configuration.pipelines.flatMap((pipeline) => {
    const source = sourceOf(pipeline)
    if (source.runsOn !== runsOn) return []
    const sink = sinkOf(pipeline)
    const context = openContextFor(base, pipeline.name)
    return [
      {
        definition: pipeline,
        ownership: source.ownership,
        steps: compileSteps(pipeline, base.baseDirectory),
        openSource: () => source.open(pipeline.source.options, context),
        openSink: () => sink.open(pipeline.sink.options, context),
      },
    ]
  })
