/**
 * Runs PostgreSQL where we are root: it refuses to be root, so it becomes an unprivileged user.
 *
 * That user has to reach its binaries and its data. Below a folder that only root may enter (a clone in /root, a
 * private home directory) plain file modes forbid it; there the process keeps one capability, to pass through
 * folders, and nothing else of root's power. No mode of a folder that is not ours is ever changed.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fault } from '../kernel/faults/index.ts'

/** The user `nobody` of every Unix. */
export const unprivilegedId = 65_534

/** How a command line is turned into one that runs without root's power. */
export interface Unprivileged {
  readonly ids: { readonly uid?: number; readonly gid?: number }
  wrap(command: string, args: readonly string[]): { command: string; args: readonly string[] }
  /** Gives a file or folder of ours to that user. */
  own(path: string): void
}

const asWeAre: Unprivileged = {
  ids: {},
  wrap: (command, args) => ({ command, args }),
  own: () => undefined,
}

/** The first folder on the way to `path` that others may not enter; undefined if there is none. */
const closedFolder = (path: string): string | undefined => {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder)
    if (uid !== unprivilegedId && (mode & 0o001) === 0) return folder
    if (folder === dirname(folder)) return undefined
  }
}

// Capabilities by number: linux/capability.h. Reading and passing only is enough; a container that lacks it
// usually has the wider one.
const passingCapabilities = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
]

const ownCapabilities = (): bigint => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return BigInt(`0x${effective ?? '0'}`)
}

const passingThrough = (): Unprivileged | undefined => {
  if (process.platform !== 'linux') return undefined
  const effective = ownCapabilities()
  const found = passingCapabilities.find(({ bit }) => (effective & (1n << bit)) !== 0n)
  if (found === undefined) return undefined
  // access(2) would drop the capability for a user that is not root; `no_setuid_fixup` keeps it.
  const options = [
    `--reuid=${unprivilegedId}`,
    `--regid=${unprivilegedId}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    `--inh-caps=+${found.name}`,
    `--ambient-caps=+${found.name}`,
  ]
  if (spawnSync('setpriv', [...options, 'true'], { stdio: 'ignore' }).status !== 0) return undefined
  return {
    ids: {},
    wrap: (command, args) => ({ command: 'setpriv', args: [...options, command, ...args] }),
    own: (path) => chownSync(path, unprivilegedId, unprivilegedId),
  }
}

/**
 * Returns how to run what must not be root and has to reach `paths`.
 *
 * Throws ROOT_CANNOT_SHARE if we are root and that user can be given no way to them.
 */
export const unprivilegedFor = (paths: readonly string[]): Unprivileged => {
  if (process.getuid?.() !== 0) return asWeAre
  const closed = paths.map(closedFolder).find((folder) => folder !== undefined)
  if (closed !== undefined) {
    const passing = passingThrough()
    if (passing === undefined) throw fault('ROOT_CANNOT_SHARE', { folder: closed })
    return passing
  }
  return {
    ids: { uid: unprivilegedId, gid: unprivilegedId },
    wrap: (command, args) => ({ command, args }),
    own: (path) => chownSync(path, unprivilegedId, unprivilegedId),
  }
}
