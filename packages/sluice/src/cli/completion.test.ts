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

/** What bash offers for the last word of a line. */
const offered = (line: string): readonly string[] => {
  const words = line.split(' ')
  const script = [
    'source ./bash',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_sluice',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n')
  const out = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' })
  return out.split('\n').filter((word) => word !== '')
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
    expect(offered(line)).toEqual(wanted)
  })

  test('every command and every option there is', () => {
    for (const { path: words, options } of commands) {
      const line = `sluice ${words.join(' ')}`
      expect(offered(line), line).toContain(words.at(-1))
      const flags = offered(`${line} --`)
      for (const name of Object.keys(options)) expect(flags, line).toContain(`--${name}`)
    }
  })
})

describe('scripts', () => {
  test.each(shells)('%s reads its own without a complaint, where it is installed', (shell) => {
    expect(completionScript(shell, commands)).toContain('connections')
    if (has(shell)) expect(spawnSync(shell, ['-n', path.join(folder, shell)]).stderr.toString()).toBe('')
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
