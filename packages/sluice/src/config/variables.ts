/**
 * `${NAME}` and `${NAME:-default}` in texts; `$${` stands for a plain `${`.
 *
 * Variables are put in after the YAML is read, so that a value can never add structure. Before it is read, the
 * references are disguised with private-use characters of the same length: braces would end a flow mapping
 * (`{ url: ${DATABASE_URL} }`), and every offset must stay true.
 */

const disguiseBase = 0xe000

// No brace inside: a text full of `${` is looked through once.
const reference = /\$?\$\{[^{}\n]*\}/g
const disguised = /[\uE000-\uE07F]/g
const wellFormed = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}$/

/** Offset of the first character that would be mistaken for a disguise; -1 where there is none. */
export const disguiseConflict = (text: string): number => text.search(disguised)

export const disguise = (text: string): string =>
  text.replaceAll(reference, (found) =>
    found.replaceAll(/[^A-Za-z0-9]/g, (character) => {
      const code = character.charCodeAt(0)
      return code < 0x80 ? String.fromCharCode(disguiseBase + code) : character
    }),
  )

export const reveal = (text: string): string =>
  text.replaceAll(disguised, (character) => String.fromCharCode(character.charCodeAt(0) - disguiseBase))

export interface Interpolated {
  readonly text: string
  /** Whether anything was put in. */
  readonly changed: boolean
  readonly problems: readonly { readonly at: number; readonly problem: string; readonly fix: string }[]
}

/** Puts variables into a revealed text. A missing one is a problem at its place, and nothing is put in for it. */
export const interpolate = (
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Interpolated => {
  const problems: { at: number; problem: string; fix: string }[] = []
  let changed = false
  const filled = text.replaceAll(reference, (found, at: number) => {
    if (found.startsWith('$${')) return found.slice(1)
    const parts = wellFormed.exec(found)
    if (parts === null) {
      problems.push({ at, problem: `${found} is not a variable`, fix: 'write ${NAME} or ${NAME:-default}' })
      return ''
    }
    changed = true
    const [, name = '', fallback] = parts
    const value = environment[name]
    if (value !== undefined && (value !== '' || fallback === undefined)) return value
    if (fallback !== undefined) return fallback
    problems.push({
      at,
      problem: `the variable ${name} is not set`,
      fix: `set it, or give a default: \${${name}:-…}`,
    })
    return ''
  })
  return { text: filled, changed, problems }
}
