/** The page a browser gets at `/`: how it is, and where to go on. No script, nothing from elsewhere. */
import { createHash } from 'node:crypto'
import type { AnswerOf } from '../contract/endpoint.ts'
import type { healthResource } from '../contract/health.ts'
import { homePageIcon, homePageLogo, homePageStyle } from './home-page-style.ts'

type Health = AnswerOf<(typeof healthResource)['endpoints']['health']>

const styleHash = createHash('sha256').update(homePageStyle).digest('base64')

/** The content policy under which the page is served: its own style and icon, nothing else. */
export const homePagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (mark) => escapes[mark] ?? mark)

export interface HomePageFacts {
  readonly version: string
  /** Where the key file lies, for whoever sits at this machine. */
  readonly keyFile: string
  /** Host and port as the client wrote them. */
  readonly host: string
  readonly health: Health
}

type Tone = 'ok' | 'warn' | 'bad' | 'idle'

const chip = (tone: Tone, word: string): string => `<span class="chip ${tone}"><i></i>${word}</span>`

const wholes: Readonly<Record<Health['status'], readonly [tone: Tone, word: string, says: string]>> = {
  healthy: ['ok', 'Healthy', 'Everything answers.'],
  degraded: [
    'warn',
    'Degraded',
    'A pipeline does not run as it should; nothing that was acknowledged is lost.',
  ],
  unhealthy: [
    'bad',
    'Unhealthy',
    'A part does not answer; Sluice goes on trying, and nothing that was acknowledged is lost.',
  ],
}

const streams: Readonly<Record<Health['stream_status'], string>> = {
  running: chip('ok', 'Running'),
  degraded: chip('warn', 'Degraded'),
  stopped: chip('idle', 'Stopped'),
}

const connection = (isThere: boolean): string =>
  isThere ? chip('ok', 'Connected') : chip('bad', 'No answer')

/** `3 d 4 h`, `5 h 12 min`, `40 s`: the two units that matter. */
const durationText = (seconds: number): string => {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const
  const at = units.findIndex(([size]) => seconds >= size)
  if (at === -1) return '0 s'
  return units
    .slice(at, at + 2)
    .map(
      ([size, name], i) =>
        [Math.floor((i === 0 ? seconds : seconds % (units[at]?.[0] ?? 1)) / size), name] as const,
    )
    .filter(([amount], i) => i === 0 || amount > 0)
    .map(([amount, name]) => `${amount} ${name}`)
    .join(' ')
}

const figures = (entries: readonly (readonly [term: string, html: string])[]): string =>
  `<dl class="figures">${entries.map(([term, html]) => `<div><dt>${term}</dt><dd>${html}</dd></div>`).join('')}</dl>`

const rows = (entries: readonly (readonly [html: string, says: string])[]): string =>
  `<dl class="rows">${entries.map(([term, says]) => `<div><dt>${term}</dt><dd>${says}</dd></div>`).join('')}</dl>`

const command = (text: string): string => `<pre><code>${escape(text)}</code></pre>`

const usualHosts: readonly string[] = ['127.0.0.1:8080', 'localhost:8080']

/** Commands as they are to be typed in the folder where Sluice was started. */
const commandsFor = ({ host, keyFile }: HomePageFacts) => {
  const folder = keyFile.replace(/[/\\][^/\\]*$/, '')
  const others = [
    ...(usualHosts.includes(host) ? [] : [`--http ${host}`]),
    ...(/[/\\]\.sluice$/.test(folder) ? [] : [`--dir ${folder}`]),
  ]
  const curl = (path: string): string =>
    `curl -H "Authorization: Bearer $(cat ${keyFile})" 'http://${host}${path}'`
  return { curl, sluice: (words: string): string => ['./sluice', words, ...others].join(' ') }
}

const stepsOf = (facts: HomePageFacts): string => {
  const { curl, sluice } = commandsFor(facts)
  const steps = [
    ['See what runs', 'State, rates, lag and the ledger of every pipeline.', sluice('pipelines')],
    [
      'Look into a topic',
      'Which there are; <code>consume TOPIC</code> prints messages, with <code>-f</code> as they come.',
      sluice('topics'),
    ],
    ['Read what arrived', 'Readings of the sensors, from PostgreSQL.', curl('/data/latest?limit=3')],
    [
      'Find what did not',
      'Records that could not be delivered wait with their reason, to be mended and sent again.',
      sluice('dead'),
    ],
  ]
  return `<ol>${steps
    .map(([title, says, line]) => `<li><h3>${title}</h3><p>${says}</p>${command(line ?? '')}</li>`)
    .join('')}</ol>`
}

/** The page, for one request. Everything on it that changes comes from `health`. */
export const homePage = (facts: HomePageFacts): string => {
  const { health, keyFile, version } = facts
  const [tone, word, says] = wholes[health.status]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice: ${word.toLowerCase()}</title>
<link rel="icon" href="${homePageIcon}">
<style>${homePageStyle}</style>
</head>
<body>
<header>${homePageLogo}<h1>Sluice</h1><span class="version">${escape(version)}</span>${chip(tone, word)}</header>
<main>
<section aria-label="State">
${figures([
  ['Kafka', connection(health.kafka_connected)],
  ['PostgreSQL', connection(health.database_connected)],
  ['Pipelines', streams[health.stream_status]],
  ['Up for', durationText(health.uptime_seconds)],
])}
<p class="asof">${says} As of <time datetime="${health.timestamp}">${health.timestamp.slice(11, 19)} UTC</time>. <a href="/">Look again</a></p>
</section>
<div class="columns">
<section>
<h2>Where to start</h2>
<p class="lead">In the folder where Sluice was started:</p>
${stepsOf(facts)}
</section>
<aside>
<h2>Open to everybody</h2>
${rows([
  ['<a href="/health"><code>/health</code></a>', 'What is connected, whether pipelines run'],
  ['<a href="/ready"><code>/ready</code></a>', 'For probes'],
])}
<h2>With the key</h2>
${rows([
  ['<code>/data/latest</code>', 'Newest readings'],
  ['<code>/data/stats</code>', 'Their last 24 hours'],
  ['<code>/api/pipelines</code>', 'Pipelines and ledgers'],
  ['<code>/api/topics</code>', 'Topics and messages'],
  ['<code>/openapi.json</code>', 'The whole API'],
  ['<code>/metrics</code>', 'For Prometheus'],
])}
<h2>The key</h2>
<p>On the machine where Sluice runs it lies in</p>
<p class="path"><code>${escape(keyFile)}</code></p>
<p>Send it as <code>Authorization: Bearer</code>. Commands on that machine find it themselves.</p>
</aside>
</div>
</main>
</body>
</html>
`
}
