/** What each page of the dashboard has to show, as data: a page of the routes without an entry fails a test. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Look {
  /** The path of its route. */
  readonly route: string
  /** Where it is looked at with the quickstart. */
  readonly at: string
  /** Title in the tab, without the name of the product. */
  readonly title: string
  /** The heading of first rank; the title where it is left out. */
  readonly heading?: string | RegExp
  /** Texts that are there once it shows its data. */
  readonly shows: readonly (string | RegExp)[]
  /** Texts that say that there is nothing yet, and what fills it; left out for pages of a thing that must be there. */
  readonly whenEmpty?: readonly (string | RegExp)[]
}

const topic = 'sensor-readings'
const pipeline = 'sensor-data'
const group = `sluice.${pipeline}`

export const looks: readonly Look[] = [
  {
    route: '/',
    at: '/',
    title: 'Home',
    shows: ['all accounted for', 'This machine', 'Needs you'],
    whenEmpty: ['No pipeline is defined', 'Nothing was measured yet'],
  },
  {
    route: '/topics',
    at: '/topics',
    title: 'Topics',
    shows: [topic, 'host-metrics'],
    whenEmpty: ['No topics yet'],
  },
  {
    route: '/topics/$name',
    at: `/topics/${topic}`,
    title: topic,
    heading: new RegExp(topic),
    shows: ['Messages kept', 'Partitions', 'sensor-data'],
  },
  {
    route: '/topics/$name/messages',
    at: `/topics/${topic}/messages`,
    title: topic,
    heading: new RegExp(topic),
    shows: ['Partition : offset', /"sensor_id"/],
  },
  {
    route: '/topics/$name/messages/$partition/$offset',
    at: `/topics/${topic}/messages/0/0`,
    title: topic,
    heading: new RegExp(topic),
    shows: [`${topic}/0/0`, 'UTC', 'sensor_id'],
  },
  {
    route: '/topics/$name/subscribers',
    at: `/topics/${topic}/subscribers`,
    title: topic,
    heading: new RegExp(topic),
    shows: [group],
  },
  {
    route: '/topics/$name/settings',
    at: `/topics/${topic}/settings`,
    title: topic,
    heading: new RegExp(topic),
    shows: ['retention.ms', 'What cannot be undone'],
  },
  {
    route: '/consumers',
    at: '/consumers',
    title: 'Consumers',
    shows: [group],
    whenEmpty: ['No consumer groups yet'],
  },
  {
    route: '/consumers/$name',
    at: `/consumers/${group}`,
    title: group,
    heading: new RegExp(group),
    shows: ['Partitions', 'Members', topic],
  },
  {
    route: '/pipelines',
    at: '/pipelines',
    title: 'Pipelines',
    shows: [pipeline, 'Running', 'keeping up'],
    whenEmpty: ['No pipeline is defined'],
  },
  {
    route: '/pipelines/$name',
    at: `/pipelines/${pipeline}`,
    title: pipeline,
    heading: new RegExp(pipeline),
    shows: ['Ledger balanced', 'Steps', 'Lanes', 'exactly once in effect', 'From reading to commit'],
  },
  {
    route: '/dead-letters',
    at: '/dead-letters',
    title: 'Dead letters',
    shows: ['No dead letters'],
    whenEmpty: ['No dead letters'],
  },
  {
    route: '/sensors',
    at: '/sensors',
    title: 'Sensors',
    shows: ['Readings, last 24 h'],
    whenEmpty: ['No sensor has sent a reading yet'],
  },
  { route: '/sensors', at: '/sensors?tab=readings', title: 'Sensors', shows: ['Newest readings'] },
  { route: '/sensors', at: '/sensors?tab=machine', title: 'Sensors', shows: [/CPU/] },
  { route: '/logs', at: '/logs', title: 'Logs', shows: [/info/i], whenEmpty: [/info/i] },
  {
    route: '/settings',
    at: '/settings',
    title: 'Settings',
    shows: ['What it would change', 'No pipeline and no topic would change.'],
    whenEmpty: ['What it would change'],
  },
  { route: '/settings', at: '/settings?tab=revisions', title: 'Settings', shows: ['in force'] },
  { route: '/settings', at: '/settings?tab=connections', title: 'Settings', shows: ['Kafka', 'Used by'] },
  {
    route: '/help',
    at: '/help',
    title: 'Help',
    shows: ['Keys', 'The same from a terminal'],
    whenEmpty: ['Keys'],
  },
  {
    route: '/help/api',
    at: '/help/api',
    title: 'API',
    heading: /API/,
    shows: ['Answers'],
    whenEmpty: ['Answers'],
  },
  {
    route: '/signin',
    at: '/signin',
    title: 'Sign in',
    heading: 'Sign in to Sluice',
    shows: ['You are signed in as admin.'],
    whenEmpty: ['You are signed in as admin.'],
  },
]

const routesFolder = join(import.meta.dirname, '../../packages/dashboard/src/routes')

/** The paths of all pages as the routes define them. */
export const routePaths = (): readonly string[] =>
  readdirSync(routesFolder)
    .filter((name) => name.endsWith('.tsx'))
    .flatMap((name) => [
      ...readFileSync(join(routesFolder, name), 'utf8').matchAll(/^\s*path: '(?<path>[^']+)',$/gm),
    ])
    .map((match) => match.groups?.['path'] ?? '')
