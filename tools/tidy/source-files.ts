/** The source files of the tree, with what they import. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Import {
  /** As it is written: `./x.ts`, `node:fs`, `pg`. */
  readonly specifier: string
  /** Loaded when the line runs, not when the file is loaded. */
  readonly dynamic: boolean
  readonly line: number
}

export interface SourceFile {
  /** Path from the root, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Tests and what only tests use: they may import what they like. */
  readonly isTest: boolean
}

const staticImport = /^[ \t]*(?:import|export)\s(?:[^'";]*?\sfrom\s+)?'([^'\n]+)'/gm
const dynamicImport = /\bimport\(\s*'([^'\n]+)'/g

/** Blanks comments out, keeping every line where it is. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))

/** Finds what a file imports. */
export const readImports = (text: string): Import[] => {
  const code = withoutComments(text)
  const lineOf = (index: number): number => code.slice(0, index).split('\n').length
  const find = (pattern: RegExp, dynamic: boolean): Import[] =>
    [...code.matchAll(pattern)].map((match) => ({
      specifier: match[1] ?? '',
      dynamic,
      line: lineOf(match.index + match[0].trimEnd().length),
    }))
  return [...find(staticImport, false), ...find(dynamicImport, true)]
}

const patterns = [
  'packages/*/{src,bin}/**/*.{ts,tsx,cts,cjs}',
  '{tools,tests,bench,examples}/**/*.{ts,tsx,cts,cjs}',
]

/** Reads every source file below `root`. */
export const readSourceFiles = (root: string): SourceFile[] =>
  globSync(patterns, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return {
        path,
        text,
        lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
        imports: readImports(text),
        isTest: /\.(test|suite)\.tsx?$|\/test(ing|-[\w-]+)\.ts$/.test(path),
      }
    })
