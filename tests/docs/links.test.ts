/** Links of the documentation lead somewhere. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, linksOf } from '../support/markdown.ts'

const root = join(import.meta.dirname, '../..')

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')

const problemOf = (page: string, link: string): string | null => {
  if (/^(https?|mailto):/.test(link)) return null
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (!existsSync(file)) return `${page}: there is no ${link}`
  if (anchor === undefined || !file.endsWith('.md')) return null
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor)
    ? null
    : `${page}: ${path} has no heading ${anchor}`
}

test('every link between pages leads to a file, and to a heading of it', () => {
  expect(pages.length).toBeGreaterThan(20)
  const problems = pages.flatMap((page) =>
    linksOf(readFileSync(join(root, page), 'utf8')).flatMap((link) => problemOf(page, link) ?? []),
  )
  expect(problems).toEqual([])
})
