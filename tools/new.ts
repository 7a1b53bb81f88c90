/**
 * `npm run new connector NAME`: writes the files of a new connector and its line in the list.
 *
 * Refuses a name that is taken or no name for a folder; writes nothing then.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connectorFiles, connectorList, withConnector } from './new/connector.ts'

/** Writes a new connector below `root`; returns the paths of what was written. Throws with a sentence if it cannot. */
export const newConnector = (root: string, name: string): string[] => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is no name; write it like amazon-sqs`)
  const files = connectorFiles(name)
  const taken = files.find(({ path }) => existsSync(dirname(join(root, path))))
  if (taken !== undefined) throw new Error(`There is a connector ${name} already: ${dirname(taken.path)}`)
  const list = withConnector(readFileSync(join(root, connectorList), 'utf8'), name)
  for (const { path, text } of [...files, { path: connectorList, text: list }]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return [...files.map(({ path }) => path), connectorList]
}

if (import.meta.main) {
  const [kind, name] = process.argv.slice(2)
  const root = dirname(import.meta.dirname)
  try {
    if (kind !== 'connector' || name === undefined) throw new Error('Usage: npm run new connector NAME')
    const written = newConnector(root, name)
    const biome = join(root, 'node_modules', '.bin', 'biome')
    spawnSync(biome, ['check', '--write', ...written.map((path) => join(root, path))], { stdio: 'ignore' })
    for (const path of written) console.log(path)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  }
}
