import { describe, expect, test } from 'vitest'
import { type HomePageFacts, homePage } from './home-page.ts'

const facts = (
  over: Partial<HomePageFacts['health']> = {},
  others: Partial<HomePageFacts> = {},
): HomePageFacts => ({
  version: '1.2.3',
  keyFile: '/home/me/flow/.sluice/admin.key',
  host: '127.0.0.1:8080',
  health: {
    status: 'healthy',
    kafka_connected: true,
    database_connected: true,
    sqs_connected: null,
    stream_status: 'running',
    version: '1.2.3',
    uptime_seconds: 0,
    timestamp: '2026-01-31T12:00:05.000Z',
    ...over,
  },
  ...others,
})

const textOf = (html: string): string =>
  html
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')

describe('the front page tells how it is', () => {
  test.each([
    {
      says: 'Healthy',
      over: {},
      words: ['Kafka Connected', 'PostgreSQL Connected', 'Pipelines Running', '12:00:05 UTC'],
    },
    {
      says: 'Degraded',
      over: { status: 'degraded', stream_status: 'degraded' },
      words: ['Pipelines Degraded'],
    },
    {
      says: 'Unhealthy',
      over: { status: 'unhealthy', kafka_connected: false, stream_status: 'stopped' },
      words: [
        'Kafka No answer',
        'PostgreSQL Connected',
        'Pipelines Stopped',
        'nothing that was acknowledged is lost',
      ],
    },
  ] as const)('$says', ({ says, over, words }) => {
    const page = homePage(facts(over))
    expect(page).toContain(`<title>Sluice: ${says.toLowerCase()}</title>`)
    for (const part of words) expect(textOf(page)).toContain(part)
  })

  test.each([
    { seconds: 0, says: '0 s' },
    { seconds: 59, says: '59 s' },
    { seconds: 60, says: '1 min' },
    { seconds: 3_725, says: '1 h 2 min' },
    { seconds: 86_400 + 7_199, says: '1 d 1 h' },
  ])('up for $seconds seconds is $says', ({ seconds, says }) => {
    expect(homePage(facts({ uptime_seconds: seconds }))).toContain(`<dt>Up for</dt><dd>${says}</dd>`)
  })
})

describe('commands on the front page', () => {
  test('are short where everything is as usual', () => {
    expect(homePage(facts())).toContain('<pre><code>./sluice pipelines</code></pre>')
  })

  test('name address and folder where they are not', () => {
    const page = homePage(facts({}, { host: 'localhost:8081', keyFile: '/data/two/admin.key' }))
    expect(page).toContain('./sluice pipelines --http localhost:8081 --dir /data/two</code>')
  })

  test('cannot be turned into markup by the name that a client calls us', () => {
    expect(homePage(facts({}, { host: '<script>"&' }))).not.toContain('<script>')
  })
})
