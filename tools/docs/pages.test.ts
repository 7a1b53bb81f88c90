/** What the pages for people say is there: links resolve, commands exist and take the options they are shown with. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../packages/sluice/src/cli/rig.suite.ts'

const root = join(import.meta.dirname, '../..')
const pages = [
  ...globSync('*.md', { cwd: root }),
  ...globSync('{docs,packages/*,examples}/**/*.md', { cwd: root }),
]
  .filter((page) => !page.includes('node_modules'))
  .toSorted()

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

const blocks = /^ *```[^\n]*\n(.*?)^ *```/gms

/** Anchors of a page's headings, as Markdown viewers make them. */
const anchorsOf = (page: string): Set<string> =>
  new Set(
    [
      ...textOf(page)
        .replaceAll(blocks, '')
        .matchAll(/^#+ +(.+)$/gm),
    ].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const linksOf = (page: string): string[] =>
  [
    ...textOf(page)
      .replaceAll(blocks, '')
      .replaceAll(/`[^`\n]*`/g, 'code')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link = '']) => link)

const isBroken = (page: string, link: string): boolean => {
  if (/^[a-z]+:/.test(link)) return false
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : resolve(root, dirname(page), path)
  if (!existsSync(resolve(root, target))) return true
  return anchor !== undefined && !anchorsOf(resolve(root, target).slice(root.length + 1)).has(anchor)
}

/** Every line of code: those of blocks, and what stands between backticks. */
const codeOf = (page: string): string[] => {
  const text = textOf(page)
  const inBlocks = [...text.matchAll(blocks)].flatMap(([, block = '']) => block.split('\n'))
  const inLines = [...text.replaceAll(blocks, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...inBlocks, ...inLines]
}

/** Words of a shell line, each command of a pipe by itself; comments and redirections are left out. */
const commandsOf = (line: string): string[][] => {
  const commands: string[][] = [[]]
  for (const [token] of line.matchAll(
    /'[^']*'|"[^"]*"|&&|[|;]|[<>]+\s*\S+|(?:^|(?<=\s))#.*|[^\s|;&'"<>]+|&/g,
  )) {
    if (/^\s*#/.test(token)) break
    if (['|', ';', '&&', '&'].includes(token)) commands.push([])
    else if (!/^[<>]/.test(token)) commands.at(-1)?.push(token.replaceAll(/^['"]|['"]$/g, ''))
  }
  return commands
}

/** `sluice …` as the words of our command line, however it is started; null for other programs. */
const sluiceWords = (words: readonly string[]): readonly string[] | null => {
  const [first, second, third, fourth] = words
  if (first === 'sluice' || first === './sluice') return words.slice(1)
  if (first === 'npx' && second === 'sluice') return words.slice(2)
  if (first === 'npm' && second === 'start') return ['up', ...words.slice(third === '--' ? 3 : 2)]
  return first === 'npm' && second === 'run' && third === 'sluice' && fourth === '--' ? words.slice(4) : null
}

const scripts = (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts

test('there are pages, with links and commands', () => {
  expect(linksOf('README.md')).toContain('ARCHITECTURE.md')
  expect(isBroken('README.md', 'NOWHERE.md')).toBe(true)
  expect(isBroken('docs/reference/api.md', '#get-nothing')).toBe(true)
  const commands = codeOf('README.md').flatMap(commandsOf).map(sluiceWords)
  expect(commands).toContainEqual(['pipelines'])
  expect(commands).toContainEqual(['produce', 'sensor-readings'])

  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/reference/api.md']),
  )
})

describe.each(pages)('%s', (page) => {
  test('has no link that leads nowhere', () => {
    expect(linksOf(page).filter((link) => isBroken(page, link))).toEqual([])
  })

  test('names only npm scripts that exist', () => {
    const named = codeOf(page)
      .flatMap((line) => commandsOf(line))
      .filter(([first]) => first === 'npm')
    const asked = named.flatMap(([, verb = '', name = '']) =>
      verb === 'run' ? [name] : ['start', 'test'].includes(verb) ? [verb] : [],
    )
    expect(asked.filter((name) => !(name in scripts))).toEqual([])
  })

  test('names only commands that exist, with options that they take', async () => {
    const refused: string[] = []
    for (const line of codeOf(page)) {
      for (const words of commandsOf(line).map(sluiceWords)) {
        // `sluice lanes` in a sentence may be a name; `sluice` alone is one.
        if (words === null || words.length === 0) continue
        const { code, err } = await run({ words: [...words, '--help'] })
        if (code !== 0) refused.push(`${line.trim()}: ${err.trim()}`)
      }
    }
    expect(refused).toEqual([])
  })
})
