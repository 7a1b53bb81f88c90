/** The page a browser gets at `/`: what runs here and where to go on. No script, nothing from elsewhere. */
import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; --page: #fbfcfd; --surface: #fff; --line: #dde3ea; --text: #1c2530; --soft: #52606d; --accent: #0b7285; --ok: #2b7a3d }
@media (prefers-color-scheme: dark) { :root { --page: #0f1419; --surface: #161c23; --line: #2a333d; --text: #e4e9ee; --soft: #98a4b0; --accent: #3fb6c6; --ok: #5fbf77 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 13px/20px Inter, system-ui, sans-serif }
main { max-width: 720px; margin: 0 auto; padding: 48px 20px }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 4px }
h2 { font-size: 13px; font-weight: 600; margin: 32px 0 8px }
p { margin: 0 0 12px; color: var(--soft) }
.state { color: var(--ok); font-weight: 500 }
dl { margin: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 6px }
dl > div { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr); gap: 16px; padding: 8px 12px }
dl > div + div { border-top: 1px solid var(--line) }
dt { margin: 0 } dd { margin: 0; color: var(--soft) }
code { font: 12px/20px 'JetBrains Mono', ui-monospace, monospace; overflow-wrap: anywhere }
a { color: var(--accent) } a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
@media (max-width: 520px) { dl > div { grid-template-columns: 1fr; gap: 0 } }
`

/** The content policy under which the page is served: its own style and nothing else. */
export const homePagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (mark) => escapes[mark] ?? mark)

export interface HomePageFacts {
  readonly version: string
  /** Where the key file lies, for whoever sits at this machine. */
  readonly keyFile: string
  /** Host and port as the client wrote them. */
  readonly host: string
}

const rows = (entries: readonly (readonly [html: string, html: string])[]): string =>
  `<dl>${entries.map(([term, text]) => `<div><dt>${term}</dt><dd>${text}</dd></div>`).join('')}</dl>`

export const homePage = ({ version, keyFile, host }: HomePageFacts): string => {
  const curl = `curl -H "Authorization: Bearer $(cat ${keyFile})" http://${host}/data/latest`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Sluice</h1>
<p><span class="state">● Running</span>, version ${escape(version)}. Events move between sources, Kafka and PostgreSQL as the configuration says.</p>
<h2>On the command line</h2>
${rows([
  ['<code>sluice pipelines list</code>', 'What runs, how fast, how far behind'],
  ['<code>sluice topics list</code>', 'Topics of the cluster'],
  ['<code>sluice consume TOPIC --follow</code>', 'Messages as they come'],
  ['<code>sluice dead list</code>', 'Records that could not be delivered'],
  ['<code>sluice --help</code>', 'Everything else'],
])}
<h2>Over HTTP</h2>
${rows([
  [
    '<a href="/health"><code>/health</code></a>',
    'What is connected and whether pipelines run; open to everybody',
  ],
  ['<a href="/ready"><code>/ready</code></a>', 'For probes; open to everybody'],
  ['<code>/openapi.json</code>', 'The whole API, described; needs the key'],
  ['<code>/data/latest</code>, <code>/data/stats</code>', 'Sensor readings; need the key'],
  ['<code>/metrics</code>', 'For Prometheus; needs the key'],
])}
<h2>The key</h2>
<p>Everything else asks for a key. On the machine where Sluice runs it lies in <code>${escape(keyFile)}</code>:</p>
<p><code>${escape(curl)}</code></p>
</main>
</body>
</html>
`
}
