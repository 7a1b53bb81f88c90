/** How the front page looks: the colours, type and spaces of the dashboard, light and dark, without script or font files. */

export const homePageStyle = `
:root { color-scheme: light dark; --page: #fbfcfd; --surface: #fff; --raised: #f2f5f7; --line: #e2e8ec; --text: #16202a; --soft: #51606d; --accent: #0b7285; --ok: #1d7f4e; --warn: #8a5a00; --bad: #c0362a; --idle: #66747f }
@media (prefers-color-scheme: dark) { :root { --page: #0f1419; --surface: #141a20; --raised: #1a222a; --line: #232d37; --text: #dfe6ec; --soft: #93a1ae; --accent: #3fb6c6; --ok: #4cb782; --warn: #e0a53a; --bad: #eb6a5c; --idle: #8592a0 } }
* { box-sizing: border-box; margin: 0 }
body { background: var(--page); color: var(--text); font: 400 13px/20px Inter, system-ui, -apple-system, 'Segoe UI', sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100% }
header { display: flex; align-items: center; gap: 8px; height: 48px; padding: 0 20px; border-bottom: 1px solid var(--line) }
header svg { color: var(--accent); flex: none }
header .chip { margin-left: auto }
h1 { font-size: 16px; line-height: 20px; font-weight: 600 }
h2 { font-size: 13px; line-height: 20px; font-weight: 600; margin-bottom: 8px }
h3 { font-size: 13px; line-height: 20px; font-weight: 500 }
.version { color: var(--soft); font-size: 12px }
main { max-width: 1080px; margin: 0 auto; padding: 20px }
p, dd { color: var(--soft) }
a { color: var(--accent); text-underline-offset: 2px }
a:focus-visible, pre:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px }
code { font: 400 12px/20px 'JetBrains Mono', ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace }
.chip { display: inline-flex; align-items: center; gap: 8px; font-weight: 500; color: var(--text) }
.chip i { width: 8px; height: 8px; border-radius: 50%; flex: none }
.ok i { background: var(--ok) }
.warn { color: var(--warn) } .warn i { background: var(--warn); border-radius: 2px; transform: rotate(45deg) }
.bad { color: var(--bad) } .bad i { background: var(--bad); border-radius: 1px }
.idle { color: var(--soft) } .idle i { border: 2px solid var(--idle) }
.figures { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); background: var(--surface); border: 1px solid var(--line); border-radius: 6px }
.figures div { padding: 12px 16px }
.figures div + div { border-left: 1px solid var(--line) }
.figures dt { font-size: 12px; color: var(--soft) }
.figures dd { display: flex; font-size: 16px; line-height: 24px; font-weight: 500; color: var(--text); margin-top: 4px }
.figures .chip { font-size: 16px }
.asof { margin-top: 8px; font-size: 12px }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 320px; gap: 40px; margin-top: 28px }
.lead { margin: -4px 0 12px }
ol { list-style: none; padding: 0; counter-reset: step }
li { counter-increment: step; position: relative; padding: 0 0 20px 36px }
li::before { content: counter(step); position: absolute; left: 0; top: 0; width: 20px; height: 20px; border-radius: 50%; border: 1px solid var(--line); background: var(--surface); color: var(--soft); font-size: 11px; line-height: 18px; text-align: center }
pre { margin-top: 8px; padding: 8px 12px; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere }
aside h2:not(:first-child) { margin-top: 24px }
aside p { margin-bottom: 4px }
.rows > div { display: grid; grid-template-columns: 112px minmax(0, 1fr); gap: 12px; padding: 6px 0; border-bottom: 1px solid var(--line) }
.rows > div:first-child { border-top: 1px solid var(--line) }
.path { overflow-wrap: anywhere; color: var(--text) }
@media (max-width: 820px) { .columns { grid-template-columns: minmax(0, 1fr); gap: 20px } }
@media (max-width: 560px) {
  header, main { padding-left: 16px; padding-right: 16px }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)) }
  .figures div:nth-child(3) { border-left: 0 }
  .figures div:nth-child(n + 3) { border-top: 1px solid var(--line) }
  li { padding-left: 32px }
}
`

const strokes = '<path d="M3 5h9M8 10h9M3 15h6"/>'

export const homePageLogo = `<svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" aria-hidden="true">${strokes}</svg>`

/** For the tab; a colour that is seen on light and dark. */
export const homePageIcon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" stroke="#1f95a6" stroke-width="2.4" stroke-linecap="round">${strokes}</svg>`)}`
