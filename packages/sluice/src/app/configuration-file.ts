/** The configuration file as this process sees it: found, read, checked with this process's environment. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { type Finding, formatFinding, lintConfig } from '../config/index.ts'
import { quickstart } from '../config/quickstart.ts'
import { sinks, sources } from '../connectors/index.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import { counted } from '../kernel/plural.ts'
import { transforms } from '../transforms/index.ts'
import type { Settings } from './settings.ts'

export interface ConfigurationText {
  readonly text: string
  /** Relative paths of the file are resolved against this folder. */
  readonly baseDirectory: string
  /** Stands before each finding. */
  readonly fileName: string
  /** null for the built-in quickstart. */
  readonly path: string | null
}

/** The file has problems; each is `file:line:col: what is wrong; what would be right`. */
export class ConfigurationProblems extends Error {
  readonly findings: readonly string[]

  constructor(findings: readonly string[]) {
    super(fault('CONFIG_INVALID', { problems: counted(findings.length, 'problem') }).message)
    this.name = 'ConfigurationProblems'
    this.findings = findings
  }
}

export const defaultFileName = 'sluice.yaml'

/** The file that was named, else ./sluice.yaml, else the built-in quickstart. @throws fault CONFIG_FILE_MISSING */
export const readConfiguration = (
  settings: Pick<Settings, 'file'>,
  cwd = process.cwd(),
): ConfigurationText => {
  const inPlace = resolve(cwd, defaultFileName)
  const path = settings.file ?? (existsSync(inPlace) ? inPlace : null)
  if (path === null) return { text: quickstart, baseDirectory: cwd, fileName: 'quickstart', path: null }
  return { text: readBounded(path), baseDirectory: dirname(path), fileName: shownPath(path, cwd), path }
}

/** A path as people read it: from here, so that a terminal or an editor finds `file:line:col`. */
export const shownPath = (path: string, cwd = process.cwd()): string => {
  const fromHere = relative(cwd, path)
  // On another drive there is no way from here.
  return fromHere === '' || isAbsolute(fromHere) ? path : fromHere
}

export const readBounded = (path: string): string => {
  try {
    const { size } = statSync(path)
    if (size > limits.configBytesMax) {
      throw new RangeError(`it has ${size} bytes; at most ${limits.configBytesMax} are allowed`)
    }
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fault('CONFIG_FILE_MISSING', { file: shownPath(path), problem: messageOf(error) }, error)
  }
}

/** A JSON file beside the configuration. Its content is in no message: whoever checks a text may not read the file. */
const readJsonFile = (baseDirectory: string, path: string): unknown => {
  const text = readFileSync(resolve(baseDirectory, path), 'utf8')
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch (error) {
    const place = /position (\d+)/.exec(messageOf(error))?.[1]
    throw new Error(place === undefined ? 'it is no JSON' : `it is no JSON at character ${place}`, {
      cause: error,
    })
  }
}

/** Checks a text; what is wrong comes back as findings, never as an error. */
export const checkConfiguration = (
  { text, baseDirectory, fileName }: Omit<ConfigurationText, 'path'>,
  env: NodeJS.ProcessEnv,
): { readonly findings: readonly Finding[]; readonly configuration: Configuration | null } =>
  lintConfig(text, {
    fileName,
    environment: env,
    readSecretFile: (path) => readFileSync(resolve(baseDirectory, path), 'utf8').trimEnd(),
    readJson: (path) => readJsonFile(baseDirectory, path),
    pathOf: (path) => resolve(baseDirectory, path),
    sources,
    sinks,
    transforms,
  })

/** @throws ConfigurationProblems */
export const loadConfiguration = (
  text: Omit<ConfigurationText, 'path'>,
  env: NodeJS.ProcessEnv,
): Configuration => {
  const { findings, configuration } = checkConfiguration(text, env)
  if (configuration === null) throw new ConfigurationProblems(findings.map(formatFinding))
  return configuration
}
