/** `sluice doctor`: looks at the installation on this machine and says what is wrong and what to do. Never throws. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { adminKeyFile } from '../api/principals.ts'
import type { DoctorFinding, RunSettings } from '../cli/local-commands.ts'
import { formatFinding } from '../config/index.ts'
import { findPostgres, freeAddress } from '../embedded/index.ts'
import { isFault, messageOf } from '../kernel/faults/index.ts'
import { silentLogger } from '../kernel/logger.ts'
import { checkSchema } from '../store/migrate.ts'
import { databaseUrl } from './access.ts'
import { checkConfiguration, readConfiguration } from './configuration-file.ts'
import { openDatabases } from './databases.ts'
import { addressOf, type Settings, settingsOf } from './settings.ts'

const nodeNeeded = [24, 12] as const
const freeBytesNeeded = 1024 ** 3

type Check = () => Promise<Omit<DoctorFinding, 'check'>> | Omit<DoctorFinding, 'check'>

const ok = (says: string): Omit<DoctorFinding, 'check'> => ({ verdict: 'ok', says, fix: null })

const problem = (says: string, fix: string): Omit<DoctorFinding, 'check'> => ({
  verdict: 'problem',
  says,
  fix,
})

const warning = (says: string, fix: string): Omit<DoctorFinding, 'check'> => ({
  verdict: 'warning',
  says,
  fix,
})

const checkNode: Check = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [majorNeeded, minorNeeded] = nodeNeeded
  return major > majorNeeded || (major === majorNeeded && minor >= minorNeeded)
    ? ok(`Node ${process.versions.node}`)
    : problem(
        `Node ${process.versions.node} is too old`,
        `Install Node ${majorNeeded}.${minorNeeded} or newer.`,
      )
}

const checkDirectory = ({ directory }: Settings): Omit<DoctorFinding, 'check'> => {
  const present = existsSync(directory) ? directory : dirname(directory)
  try {
    accessSync(present, constants.W_OK)
  } catch (error) {
    return problem(`${present} cannot be written: ${messageOf(error)}`, 'Choose another with --dir.')
  }
  const { bavail, bsize } = statfsSync(present)
  const free = bavail * bsize
  return free < freeBytesNeeded
    ? warning(`only ${Math.round(free / 1024 ** 2)} MiB are free in ${present}`, 'Make room, or use --dir.')
    : ok(`${directory} can be written, ${Math.round(free / 1024 ** 3)} GiB are free`)
}

const checkKey = ({ directory }: Settings): Omit<DoctorFinding, 'check'> => {
  const file = adminKeyFile(directory)
  if (!existsSync(file)) return ok('no admin key yet; the first start makes it')
  const mode = statSync(file).mode & 0o777
  return mode === 0o600 || process.platform === 'win32'
    ? ok(`${file} is for its owner alone`)
    : problem(`${file} can be read by others (mode ${mode.toString(8)})`, `chmod 600 ${file}`)
}

const isSluiceAt = async (settings: Settings): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${addressOf(settings.http)}/health`, {
      signal: AbortSignal.timeout(2_000),
    })
    return answer.headers.get('x-request-id') !== null
  } catch {
    return false
  }
}

const checkAddress =
  (settings: Settings, name: 'http' | 'kafka' | 'postgres', what: string): Check =>
  async () => {
    const address = settings[name]
    const text = addressOf(address)
    try {
      await freeAddress(address, what, `--${name}`)
      return ok(`${text} is free for ${what}`)
    } catch (error) {
      if (await isSluiceAt(settings))
        return ok(`${text} is in use, and Sluice answers on ${addressOf(settings.http)}`)
      return problem(messageOf(error), isFault(error) ? error.fix : `Choose another with --${name}.`)
    }
  }

const checkFile =
  (settings: Settings, env: NodeJS.ProcessEnv): Check =>
  () => {
    const file = readConfiguration(settings)
    const { findings, configuration } = checkConfiguration(file, env)
    const name = file.path ?? 'the built-in quickstart'
    if (configuration === null) {
      return problem(
        findings.map(formatFinding).join('\n'),
        'Mend what is listed; `sluice lint` checks again.',
      )
    }
    return ok(`${name}: ${configuration.pipelines.length} pipelines, nothing wrong`)
  }

const checkPostgresBinaries =
  (settings: Settings): Check =>
  () => {
    const { major, postgres } = findPostgres(`${settings.directory}/postgres.libraries`)
    return ok(`PostgreSQL ${major} in ${dirname(postgres)}`)
  }

const checkDatabase =
  (settings: Settings, env: NodeJS.ProcessEnv): Check =>
  async () => {
    const { configuration } = checkConfiguration(readConfiguration(settings), env)
    if (configuration === null) return warning('not looked at', 'Mend the configuration first.')
    if (configuration.database === 'embedded' && !(await isSluiceAt(settings))) {
      return ok('embedded; not running now')
    }
    await using databases = openDatabases(
      databaseUrl(configuration, settings),
      configuration.namespace,
      silentLogger,
    )
    await checkSchema(databases.own)
    return ok('answers, and its schema is of this version')
  }

/** Looks at everything, one finding a check. */
export const diagnose = async (
  given: RunSettings,
  { env }: { readonly env: NodeJS.ProcessEnv },
): Promise<readonly DoctorFinding[]> => {
  const settings = settingsOf(given)
  const checks: readonly (readonly [string, Check])[] = [
    ['Node', checkNode],
    ['Data directory', () => checkDirectory(settings)],
    ['Admin key', () => checkKey(settings)],
    ['Configuration', checkFile(settings, env)],
    ['PostgreSQL programs', checkPostgresBinaries(settings)],
    ['API address', checkAddress(settings, 'http', 'the API')],
    ['Kafka address', checkAddress(settings, 'kafka', 'the Kafka broker')],
    ['PostgreSQL address', checkAddress(settings, 'postgres', 'PostgreSQL')],
    ['Database', checkDatabase(settings, env)],
  ]
  const findings: DoctorFinding[] = []
  for (const [check, look] of checks) {
    try {
      findings.push({ check, ...(await look()) })
    } catch (error) {
      const fix = isFault(error) ? error.fix : 'See the message.'
      findings.push({ check, ...problem(messageOf(error), fix) })
    }
  }
  return findings
}
