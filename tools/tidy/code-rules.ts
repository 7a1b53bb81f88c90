/** Rules about files and their words: length, names, silenced findings. */
import { basename } from 'node:path'
import type { SourceFile } from './source-files.ts'

const linesMax = 500

/** How many findings of the other tools are silenced outside of adapters. It may only fall. */
export const silencedMax = 1

const silencing = /(?:oxlint|eslint)-disable|biome-ignore|@ts-(?:ignore|expect-error|nocheck)|v8 ignore/g

export const checkLengths = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, lines }) =>
    lines > linesMax ? [`${path}: has ${lines} lines; at most ${linesMax} are allowed`] : [],
  )

/** Names are kebab-case and say what is inside. */
export const checkNames = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path }) => {
    const name = basename(path).replace(/(?:\.[a-z]+)+$/, '')
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) return [`${path}: its name is not kebab-case`]
    return /^(?:utils?|helpers?|misc|common)$/.test(name)
      ? [`${path}: its name does not say what is inside`]
      : []
  })

/** Every file opens with its promise. */
export const checkHeads = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, text, isTest }) => {
    if (isTest || path.startsWith('examples/')) return []
    return /^(?:#!.*\n)?\/\*\*/.test(text)
      ? []
      : [`${path}: does not open with a comment that says what it promises`]
  })

export const checkSilenced = (files: readonly SourceFile[], max: number): string[] => {
  const silenced = files.flatMap(({ path, text }) =>
    path.startsWith('tools/tidy') || path.endsWith('.adapter.ts')
      ? []
      : [...text.matchAll(silencing)].map((match) => `${path}: ${match[0]}`),
  )
  if (silenced.length === max) return []
  if (silenced.length < max)
    return [`tools/tidy: only ${silenced.length} findings are silenced; lower silencedMax`]
  return [`${silenced.length} findings are silenced; at most ${max} may be:`, ...silenced]
}
