/** What shows the same log in a terminal. */

const quoted = (text: string): string =>
  /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

export const logCommand = (shown: {
  readonly level: string
  readonly component: string
  readonly text: string
  readonly follows: boolean
}): string =>
  [
    './sluice logs',
    ...(shown.follows ? ['-f'] : []),
    ...(shown.level === 'info' ? [] : ['--level', shown.level]),
    ...(shown.component === '' ? [] : ['--component', quoted(shown.component)]),
    ...(shown.text === '' ? [] : ['--text', quoted(shown.text)]),
  ].join(' ')
