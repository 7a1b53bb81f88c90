import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from './commands/index.ts'
import { completionScript, shells } from './completion.ts'
import { run } from './rig.suite.ts'

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-completion-'))
  for (const shell of shells) writeFileSync(path.join(folder, shell), completionScript(shell, commands))
  writeFileSync(path.join(folder, 'my.yaml'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What bash offers for the last word of each line; one bash for all of them. */
const offeredFor = (lines: readonly string[]): readonly (readonly string[])[] => {
  const script = [
    'source ./bash',
    ...lines.flatMap((line) => {
      const words = line.split(' ')
      return [
        `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
        `COMP_CWORD=${words.length - 1}`,
        '_sluice',
        'echo "${COMPREPLY[@]}"',
      ]
    }),
  ].join('\n')
  const out = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' })
  return out.split('\n').map((line) => line.split(' ').filter((word) => word !== ''))
}

describe.skipIf(!has('bash'))('bash completes', () => {
  test.each([
    ['the first word', 'sluice to', ['top', 'topics']],
    ['the word of a group', 'sluice dead re', ['redrive']],
    ['options of a command', 'sluice topics create --p', ['--partitions']],
    ['options of a group that stands for its list', 'sluice dead --st', ['--status']],
    ['options that every command has', 'sluice logs --j', ['--json']],
    ['values that are known', 'sluice logs --level ', ['debug', 'info', 'warn', 'error']],
    ['a value that was begun', 'sluice consume orders --format k', ['key-value']],
    ['a file where one is taken', 'sluice lint my', ['my.yaml']],
    ['nothing where a value is free', 'sluice logs --text ', []],
    ['nothing for a name it cannot know', 'sluice topics show ', []],
  ])('%s', (_, line, wanted) => {
    expect(offeredFor([line])[0]).toEqual(wanted)
  })

  test('every command and every option there is', () => {
    const lines = commands.map(({ path: words }) => `sluice ${words.join(' ')}`)
    const words = offeredFor(lines)
    const flags = offeredFor(lines.map((line) => `${line} --`))
    const lacking = commands.flatMap(({ path: own, options }, i) => [
      ...(words[i]?.includes(own.at(-1) ?? '') === true ? [] : [lines[i]]),
      ...Object.keys(options)
        .filter((name) => flags[i]?.includes(`--${name}`) !== true)
        .map((name) => `${lines[i]} --${name}`),
    ])
    expect(lacking).toEqual([])
  })
})

describe('scripts', () => {
  test.each(shells)('%s is told of every command', (shell) => {
    const script = completionScript(shell, commands)
    expect(commands.filter(({ path: words }) => !words.every((word) => script.includes(word)))).toEqual([])
  })

  test.each(shells.filter(has))('%s reads its own without a complaint', (shell) => {
    expect(spawnSync(shell, ['-n', path.join(folder, shell)]).stderr.toString()).toBe('')
  })

  test('a shell that is not known is told, with those that are', async () => {
    const { code, err } = await run({ words: ['completion', 'tcsh'] })
    expect(code).toBe(2)
    expect(err).toContain('"tcsh" is none of bash, zsh, fish')
  })

  test('are printed by the command', async () => {
    const { out } = await run({ words: ['completion', 'fish'] })
    expect(out).toBe(completionScript('fish', commands))
  })
})
