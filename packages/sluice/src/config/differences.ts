/** What a changed configuration changes: pipelines are taken over one by one, some settings need a restart. */
import type { Configuration } from './configuration.ts'
import { canonicalText } from './fingerprint.ts'

export interface NameChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export interface ConfigurationDifferences {
  readonly pipelines: NameChanges
  readonly topics: NameChanges
  /** Settings that a running process cannot take over: names of the file's keys. */
  readonly restart: readonly string[]
}

const compare = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): NameChanges => ({
  added: [...after.keys()].filter((name) => !before.has(name)),
  changed: [...after]
    .filter(([name, text]) => before.has(name) && before.get(name) !== text)
    .map(([name]) => name),
  removed: [...before.keys()].filter((name) => !after.has(name)),
})

const pipelineTexts = (configuration: Configuration): Map<string, string> =>
  new Map(configuration.pipelines.map((pipeline) => [pipeline.name, pipeline.fingerprint]))

const topicTexts = (configuration: Configuration): Map<string, string> =>
  new Map(configuration.topics.map((topic) => [topic.name, canonicalText(topic)]))

const restartSettings = ['namespace', 'kafka', 'database', 'http', 'workers', 'log'] as const

/** Compares two configurations. A change of a pipeline's description alone is no change of the pipeline. */
export const differences = (before: Configuration, after: Configuration): ConfigurationDifferences => ({
  pipelines: compare(pipelineTexts(before), pipelineTexts(after)),
  topics: compare(topicTexts(before), topicTexts(after)),
  restart: restartSettings.filter((name) => canonicalText(before[name]) !== canonicalText(after[name])),
})
