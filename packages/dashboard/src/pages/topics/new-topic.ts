/** A topic that is being made: what is wrong with it, and the same as YAML, curl and command. */
import { keyHeader, shellWord } from '../messages/question.ts'

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** -1: as the cluster is set. */
  readonly replicas: number
  /** Settings as Kafka names them. */
  readonly settings: Readonly<Record<string, string>>
}

export const newTopic: NewTopic = { name: '', partitions: 3, replicas: -1, settings: {} }

/** How long messages are kept, as people say it. */
export const retentions: readonly { readonly title: string; readonly ms: string | null }[] = [
  { title: 'As the cluster is set', ms: null },
  { title: '1 hour', ms: '3600000' },
  { title: '1 day', ms: '86400000' },
  { title: '7 days', ms: '604800000' },
  { title: '30 days', ms: '2592000000' },
  { title: 'For ever', ms: '-1' },
]

const namePattern = /^[A-Za-z0-9._-]+$/

/** Why a name cannot be; null for a good one. The same rules as the API. */
export const nameProblem = (name: string, existing: ReadonlySet<string>): string | null => {
  if (name === '') return 'It needs a name.'
  if (!namePattern.test(name)) return 'Letters, digits, dot, underscore and dash only.'
  if (/^\d+$/.test(name)) return 'Not digits alone: those are ids.'
  if (name === '.' || name === '..') return 'That is no name.'
  if (name.length > 249) return `At most 249 characters; this has ${name.length}.`
  return existing.has(name) ? 'There is a topic of this name.' : null
}

export const countProblem = (partitions: number): string | null =>
  Number.isInteger(partitions) && partitions >= 1 && partitions <= 10_000 ? null : 'From 1 to 10,000.'

const yamlText = (text: string): string => (/^-?\d+$/.test(text) ? text : JSON.stringify(text))

/** The same in the configuration file, which then keeps it so. */
export const yamlOf = (topic: NewTopic): string => {
  const settings = Object.entries(topic.settings)
  return [
    'topics:',
    `  ${topic.name === '' ? 'NAME' : topic.name}:`,
    `    partitions: ${topic.partitions}`,
    ...(topic.replicas === -1 ? [] : [`    replication_factor: ${topic.replicas}`]),
    ...(settings.length === 0 ? [] : ['    configs:']),
    ...settings.map(([name, value]) => `      ${name}: ${yamlText(value)}`),
  ].join('\n')
}

export const commandOf = (topic: NewTopic): string =>
  [
    './sluice topics create',
    shellWord(topic.name === '' ? 'NAME' : topic.name),
    `--partitions ${topic.partitions}`,
    ...(topic.replicas === -1 ? [] : [`--replicas ${topic.replicas}`]),
    ...Object.entries(topic.settings).map(([name, value]) => `--set ${shellWord(`${name}=${value}`)}`),
  ].join(' ')

/** The body of the call. */
export const bodyOf = (topic: NewTopic) => ({
  name: topic.name,
  partitions: topic.partitions,
  replication_factor: topic.replicas,
  settings: { ...topic.settings },
})

export const curlOf = (origin: string, topic: NewTopic): string =>
  [
    `curl -X POST ${shellWord(`${origin}/api/topics`)}`,
    "-H 'content-type: application/json'",
    keyHeader,
    `-d ${shellWord(JSON.stringify(bodyOf(topic)))}`,
  ].join(' \\\n  ')
