/**
 * Makes PostgreSQL's data directory, once, and sets its password.
 *
 * - Made beside its final place and renamed when whole: a start that is killed meanwhile leaves nothing half made.
 * - Only TCP on the loopback with SCRAM; the password is random, in a file that only the owner reads. If that file
 *   is lost, a new password is set.
 * - Passwords never appear in a command line.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../kernel/faults/index.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import type { Unprivileged } from './unprivileged.ts'

/** Name of the role and of the database. */
export const clusterName = 'sluice'

export interface ClusterFolders {
  readonly data: string
  readonly passwordFile: string
}

const accessRules = [
  '# Written by Sluice. Only this machine, only with the password.',
  'host all all 127.0.0.1/32 scram-sha-256',
  'host all all ::1/128 scram-sha-256',
  '',
].join('\n')

/** Runs a program to its end, with `input`; rejects with the last lines it printed. */
const runProgram = (
  command: string,
  args: readonly string[],
  input: string,
  { binaries, user, cwd }: { binaries: PostgresBinaries; user: Unprivileged; cwd: string },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const wrapped = user.wrap(command, args)
    const child = spawn(wrapped.command, wrapped.args, {
      ...user.ids,
      cwd,
      env: { ...process.env, ...binaries.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let printed = ''
    const keep = (chunk: unknown): void => {
      printed = (printed + String(chunk)).slice(-4_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const fail = (problem: string): void =>
      reject(fault('PART_NOT_STARTED', { part: 'PostgreSQL', problem: `${problem}: ${printed.trim()}` }))
    child.on('error', (error) => fail(error.message))
    child.on('close', (code) => (code === 0 ? resolve() : fail(`${command} ended with code ${code ?? '?'}`)))
    // A program that ends early closes its input; its exit code tells the story.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })

const newPassword = (): string => randomBytes(24).toString('base64url')

/** Runs statements without a server. Each is one line: single-user mode takes a line for a statement. */
const runStatements = async (
  binaries: PostgresBinaries,
  user: Unprivileged,
  data: string,
  statements: readonly string[],
): Promise<void> => {
  const args = [
    '--single',
    '-D',
    data,
    '-j',
    '-c',
    'exit_on_error=true',
    '-c',
    'log_min_messages=fatal',
    'postgres',
  ]
  const input = statements.map((statement) => `${statement};\n\n`).join('')
  await runProgram(binaries.postgres, args, input, { binaries, user, cwd: data })
}

const makeCluster = async (
  binaries: PostgresBinaries,
  user: Unprivileged,
  folders: ClusterFolders,
  password: string,
): Promise<void> => {
  const draft = `${folders.data}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  user.own(draft)
  const args = [
    '-D',
    draft,
    '-U',
    clusterName,
    '--encoding=UTF8',
    '--locale=C',
    '--auth=trust',
    '--data-checksums',
  ]
  await runProgram(binaries.initdb, args, '', { binaries, user, cwd: draft })
  writeFileSync(join(draft, 'pg_hba.conf'), accessRules)
  await runStatements(binaries, user, draft, [
    `ALTER ROLE ${clusterName} PASSWORD '${password}'`,
    `CREATE DATABASE ${clusterName}`,
  ])
  renameSync(draft, folders.data)
}

const writePassword = (file: string, password: string): void => {
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/**
 * Makes the cluster if there is none, and returns its password.
 *
 * Throws DATA_OF_OTHER_VERSION if another major version of PostgreSQL made what is there.
 */
export const prepareCluster = async (
  binaries: PostgresBinaries,
  user: Unprivileged,
  folders: ClusterFolders,
): Promise<{ password: string; made: boolean }> => {
  if (!existsSync(join(folders.data, 'PG_VERSION'))) {
    // The password is written first: should we be killed in between, the next start has it or makes both anew.
    const password = newPassword()
    writePassword(folders.passwordFile, password)
    await makeCluster(binaries, user, folders, password)
    return { password, made: true }
  }
  const major = readFileSync(join(folders.data, 'PG_VERSION'), 'utf8').trim()
  if (major !== String(binaries.major)) {
    throw fault('DATA_OF_OTHER_VERSION', { directory: folders.data, found: major, wanted: binaries.major })
  }
  const known = existsSync(folders.passwordFile) ? readFileSync(folders.passwordFile, 'utf8').trim() : ''
  if (known !== '') return { password: known, made: false }
  const password = newPassword()
  await runStatements(binaries, user, folders.data, [`ALTER ROLE ${clusterName} PASSWORD '${password}'`])
  writePassword(folders.passwordFile, password)
  return { password, made: false }
}
