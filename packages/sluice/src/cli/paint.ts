/** Colour that means state, never more; plain text where colour is off. */

export type Tone = 'plain' | 'strong' | 'soft' | 'accent' | 'ok' | 'warn' | 'bad' | 'idle'

const codes: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '1',
  soft: '2',
  accent: '36',
  ok: '32',
  warn: '33',
  bad: '31',
  idle: '90',
}

export type Paint = (tone: Tone, text: string) => string

export const paintWith =
  (colour: boolean): Paint =>
  (tone, text) =>
    colour && codes[tone] !== '' && text !== '' ? `\u001B[${codes[tone]}m${text}\u001B[0m` : text

const states: Readonly<Record<string, readonly [tone: Tone, mark: string]>> = {
  running: ['ok', '●'],
  starting: ['accent', '◌'],
  degraded: ['warn', '▲'],
  paused: ['idle', '‖'],
  stopped: ['idle', '○'],
  draining: ['accent', '◌'],
  ended: ['idle', '✓'],
  failed: ['bad', '✕'],
}

/** A state as mark and word: never colour alone. */
export const stateText = (state: string): { readonly tone: Tone; readonly text: string } => {
  const [tone, mark] = states[state] ?? ['plain', '·']
  return { tone, text: `${mark} ${state}` }
}
