/**
 * Keeps the tree as its pages say: fails on whatever ARCHITECTURE.md's tables do not allow, on files that are too
 * long, on faults nobody uses, on settings and endpoints without description, on packages that are not pinned.
 */
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readArchitecture } from './tidy/architecture.ts'
import { checkHeads, checkLengths, checkNames, checkSilenced, silencedMax } from './tidy/code-rules.ts'
import { checkDescriptions, checkFaults } from './tidy/definition-rules.ts'
import { checkImports, checkRows, type ImportContext } from './tidy/import-rules.ts'
import { checkLockfile, checkReasons, checkVersions } from './tidy/package-rules.ts'
import { readSourceFiles } from './tidy/source-files.ts'

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

const nameOf = (manifest: unknown): string =>
  typeof manifest === 'object' && manifest !== null && 'name' in manifest && typeof manifest.name === 'string'
    ? manifest.name
    : ''

/** Modules whose exports are the source of reference pages. */
const definitionModules = [
  'packages/sluice/src/connectors/index.ts',
  'packages/sluice/src/transforms/index.ts',
  'packages/sluice/src/app/settings.ts',
  'packages/sluice/src/contract/index.ts',
]

const catalogueModule = 'packages/sluice/src/kernel/faults/index.ts'

/** Checks what can be told from the files alone. `silencedMax` findings of other tools may be silenced. */
export const tidyFiles = (root: string, silencedMax: number): string[] => {
  const files = readSourceFiles(root)
  const paths = ['package.json', ...globSync('packages/*/package.json', { cwd: root })]
  const manifests = paths.map((path) => ({ path, manifest: readJson(join(root, path)) }))
  const context: ImportContext = {
    architecture: readArchitecture(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')),
    files: new Map(files.map((file) => [file.path, file])),
    packageFolders: new Map(
      manifests.slice(1).map(({ path, manifest }) => [nameOf(manifest), basename(dirname(path))]),
    ),
  }
  return [
    ...checkRows(context),
    ...checkImports(context),
    ...checkLengths(files),
    ...checkNames(files),
    ...checkHeads(files),
    ...checkSilenced(files, silencedMax),
    ...manifests.flatMap(({ path, manifest }) => checkVersions(path, manifest)),
    ...checkReasons(
      readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'),
      manifests.map(({ manifest }) => manifest),
      new Set(context.packageFolders.keys()),
    ),
    ...checkLockfile(readJson(join(root, 'package-lock.json'))),
  ]
}

const load = async (root: string, path: string): Promise<unknown> =>
  import(pathToFileURL(join(root, path)).href)

/** Checks what the definitions say of themselves; they are loaded for it. */
export const tidyDefinitions = async (root: string): Promise<string[]> => {
  const files = readSourceFiles(root)
  const here = new Set(files.map(({ path }) => path))
  const findings: string[] = []
  for (const path of definitionModules.filter((module) => here.has(module))) {
    findings.push(...checkDescriptions(await load(root, path), path))
  }
  const faults = await load(root, catalogueModule)
  const catalogue =
    typeof faults === 'object' && faults !== null && 'catalogue' in faults ? faults.catalogue : undefined
  if (typeof catalogue !== 'object' || catalogue === null)
    throw new Error(`${catalogueModule} exports no catalogue`)
  return [...findings, ...checkFaults(Object.keys(catalogue), files)]
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname)
  const findings = [...tidyFiles(root, silencedMax), ...(await tidyDefinitions(root))]
  for (const finding of findings) console.log(finding)
  process.exitCode = findings.length === 0 ? 0 : 1
}
