/** A page that is opened first has only its own styles and the shared ones: what it uses must be in those. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '..', 'packages', 'dashboard', 'src')
const here = join(source, 'pages')

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))

const textOf = (files: readonly string[]): string =>
  files.map((file) => readFileSync(file, 'utf8')).join('\n')

const classesStyled = (css: string): ReadonlySet<string> =>
  new Set(Array.from(css.matchAll(/\.([a-z][a-z0-9-]*)/g), (found) => found[1] ?? ''))

/** Words of `className="…"`; what is put together at run time is not seen. */
const classesUsed = (code: string): ReadonlySet<string> =>
  new Set(Array.from(code.matchAll(/className="([^"]+)"/g), (found) => (found[1] ?? '').split(' ')).flat())

/** Styles of other folders that the code imports by name. */
const imported = (folder: string, code: string): readonly string[] =>
  Array.from(code.matchAll(/import '(\.\.\/[^']+\.css)'/g), (found) => join(folder, found[1] ?? ''))

const shared = textOf([...filesIn(join(source, 'style'), '.css'), ...filesIn(join(source, 'parts'), '.css')])
const all = classesStyled(textOf(filesIn(source, '.css')))
const folders = readdirSync(here, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

test.each(folders)('%s uses no style that only another page brings', (name) => {
  const folder = join(here, name)
  const code = textOf(filesIn(folder, '.tsx'))
  const own = textOf([...filesIn(folder, '.css'), ...imported(folder, code)])
  const brought = classesStyled(`${shared}\n${own}`)
  expect([...classesUsed(code)].filter((word) => all.has(word) && !brought.has(word))).toEqual([])
})
