/**
 * The configuration file as the API edits it: read, checked, written in one step.
 *
 * Writing is nothing but saving the file: the watch of the file makes the revision, as for whoever uses an editor.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type {
  ConfigurationBase,
  ConfigurationChanges,
  ConfigurationCheck,
  ConfigurationFile,
  ConfigurationFinding,
} from '../api/ports.ts'
import type { Configuration } from '../config/configuration.ts'
import { differences } from '../config/differences.ts'
import type { Finding } from '../config/index.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import type { DefinitionStore } from '../store/definitions.ts'
import { type ConfigurationText, checkConfiguration, readBounded } from './configuration-file.ts'

const takenWithinMs = 5_000
const lookEveryMs = 100

export interface ConfigurationPortOptions {
  readonly file: ConfigurationText
  readonly env: NodeJS.ProcessEnv
  readonly definitions: Pick<DefinitionStore, 'newest' | 'list' | 'one'>
  /** What this process was started with: some settings are taken then only. */
  readonly startedWith: Configuration
  /** What runs now. */
  readonly current: () => Configuration
  readonly clock: Clock
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

const findingOf = ({ line, column, severity, problem, fix }: Finding): ConfigurationFinding => ({
  line,
  column,
  severity,
  problem,
  fix,
})

/** Why the file cannot be written by this process; null where it can. A file without any right to write is meant so. */
export const notEditableBecause = (path: string | null): string | null => {
  if (path === null) return 'the built-in quickstart runs, which is no file'
  try {
    const real = realpathSync(path)
    if ((statSync(real).mode & 0o222) === 0) return `${path} is read-only`
    accessSync(real, constants.W_OK)
    accessSync(dirname(real), constants.W_OK)
    return null
  } catch (error) {
    return `${path} cannot be written here: ${messageOf(error)}`
  }
}

/** Replaces a file in one step, with the rights it has, and keeps what it said beside it. */
const replaceFile = async (path: string, text: string): Promise<string> => {
  const real = realpathSync(path)
  const backup = `${real}.bak`
  const next = join(dirname(real), `.${hashOf(`${real} ${process.pid}`)}.sluice-new`)
  const { mode, uid, gid } = statSync(real)
  await copyFile(real, backup)
  try {
    await using handle = await open(next, 'w', mode & 0o777)
    // What a file is made with is cut by the umask, and it belongs to who made it.
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) {
      await handle.chown(uid, gid).catch(() => undefined)
    }
    await handle.chmod(mode & 0o777)
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
  await rename(next, real)
  return backup
}

const changesOf = (
  { startedWith, current }: ConfigurationPortOptions,
  after: Configuration,
): ConfigurationChanges => {
  const { pipelines, topics } = differences(current(), after)
  const { restart } = differences(startedWith, after)
  return { pipelines: { ...pipelines, restarted: pipelines.changed }, topics, restart }
}

/** Checks that what was edited is what lies there, and writes. */
const createEdit = (
  { file, definitions, clock }: ConfigurationPortOptions,
  textNow: () => string,
): Pick<ConfigurationFile, 'ready' | 'write'> => {
  const ready = async (base: ConfigurationBase): Promise<void> => {
    const problem = notEditableBecause(file.path)
    if (problem !== null) {
      const fix =
        file.path === null
          ? 'Write it to a file first (`sluice config show > sluice.yaml`), and start Sluice with it'
          : 'Change it where it comes from; it is taken as soon as the file changes'
      throw fault('CONFIG_FILE_FIXED', { problem, fix })
    }
    const newest = await definitions.newest()
    const conflict = (says: string) => fault('CONFLICT', { what: 'The configuration', problem: says })
    if (base.revision !== null && newest !== null && newest.id !== base.revision) {
      throw conflict(`is revision ${newest.id} by now; what was edited is revision ${base.revision}`)
    }
    const text = textNow()
    if (base.hash !== null && base.hash !== hashOf(text)) {
      throw conflict('was changed in its file meanwhile')
    }
    if (base.hash === null && base.revision !== null && newest !== null && newest.text !== text) {
      throw conflict(`says something else in its file than revision ${newest.id}`)
    }
  }

  /** The revision that says `text`, as soon as the watch of the file has made it. */
  const taken = async (text: string): Promise<number | null> => {
    const untilMs = clock.now() + takenWithinMs
    while (clock.now() < untilMs) {
      const newest = await definitions.newest()
      if (newest?.text === text) return newest.id
      await clock.sleep(lookEveryMs)
    }
    return null
  }

  // One after the other: of two that edited the same, the second is refused.
  let last: Promise<unknown> = Promise.resolve()
  const write: ConfigurationFile['write'] = (text, base) => {
    const done = last.then(async () => {
      await ready(base)
      const backup = await replaceFile(file.path ?? '', text)
      return { backup, revision: await taken(text) }
    })
    last = done.catch(() => undefined)
    return done
  }

  return { ready, write }
}

export const createConfigurationFile = (options: ConfigurationPortOptions): ConfigurationFile => {
  const { file, env, definitions } = options
  const textNow = (): string => (file.path === null ? file.text : readBounded(file.path))

  const check = (text: string): ConfigurationCheck => {
    const { findings, configuration } = checkConfiguration({ ...file, text }, env)
    return {
      findings: findings.map(findingOf),
      pipelines: configuration?.pipelines.length ?? 0,
      topics: configuration?.topics.length ?? 0,
      changes: configuration === null ? null : changesOf(options, configuration),
    }
  }

  return {
    show: async () => {
      const text = textNow()
      const newest = await definitions.newest()
      const { findings, configuration } = checkConfiguration({ ...file, text }, env)
      const after = configuration ?? options.current()
      return {
        text,
        file: file.path,
        revision: newest?.id ?? null,
        hash: hashOf(text),
        notEditableBecause: notEditableBecause(file.path),
        restartRequired: differences(options.startedWith, after).restart,
        findings: findings.map(findingOf),
      }
    },
    check: (text) => Promise.resolve(check(text)),
    ...createEdit(options, textNow),
    revisions: (before, limit) => definitions.list(before, limit),
    revision: async (id) => {
      const row = await definitions.one(id)
      if (row === null) return null
      const { text, createdAtMs, createdBy, previous } = row
      return { id, createdAtMs, createdBy, sizeBytes: Buffer.byteLength(text), text, previous }
    },
  }
}
