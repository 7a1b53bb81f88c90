/** Settings that do not stand in the file: the data directory and the addresses that parts listen on. */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { fault } from '../kernel/faults/index.ts'
import type { LogLevel } from '../kernel/logger.ts'
import { logLevels } from '../kernel/logger.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface Settings {
  /** The data directory, absolute. */
  readonly directory: string
  /** The configuration file, absolute; null for the built-in quickstart. */
  readonly file: string | null
  readonly http: ListenAddress
  readonly kafka: ListenAddress
  readonly postgres: ListenAddress
  readonly logLevel: LogLevel
  /** Name of this machine. */
  readonly hostName: string
}

/** One setting: its flag, its variable, its default, and what it says in help and reference. */
export interface SettingDefinition {
  readonly flag: string
  readonly variable: string
  readonly value: string
  readonly default: string
  readonly description: string
}

export const settingDefinitions = {
  http: {
    flag: '--http',
    variable: 'SLUICE_HTTP',
    value: 'HOST:PORT',
    default: '127.0.0.1:8080',
    description: 'Where the API and the dashboard listen.',
  },
  kafka: {
    flag: '--kafka',
    variable: 'SLUICE_KAFKA',
    value: 'HOST:PORT',
    default: '127.0.0.1:9092',
    description: 'Where the embedded Kafka broker listens.',
  },
  postgres: {
    flag: '--postgres',
    variable: 'SLUICE_POSTGRES',
    value: 'HOST:PORT',
    default: '127.0.0.1:5433',
    description: 'Where the embedded PostgreSQL listens.',
  },
  dir: {
    flag: '--dir',
    variable: 'SLUICE_DIR',
    value: 'FOLDER',
    default: './.sluice',
    description: 'The data directory: log, database, keys.',
  },
  log: {
    flag: '--log',
    variable: 'SLUICE_LOG',
    value: 'LEVEL',
    default: 'info',
    description: 'How much is logged: debug, info, warn or error.',
  },
} as const satisfies Record<string, SettingDefinition>

export type SettingName = keyof typeof settingDefinitions

/** `host:port`, `[::1]:port`, or `:port` alone for this machine. @throws fault OPTION_INVALID */
export const parseListen = (name: SettingName, text: string): ListenAddress => {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text.trim())
  const port = Number(parts?.[3])
  if (parts === null || port > 65_535) {
    const { flag, variable } = settingDefinitions[name]
    throw fault('OPTION_INVALID', {
      connector: 'sluice',
      option: `${flag} (${variable})`,
      problem: `"${text}" is no address; write it as 127.0.0.1:8080`,
    })
  }
  const host = parts[1] ?? parts[2] ?? ''
  return { host: host === '' ? '127.0.0.1' : host, port }
}

const isLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text)

/**
 * Reads settings: a flag wins over a variable, a variable over the default.
 * @throws fault OPTION_INVALID
 */
export const readSettings = (
  flags: Readonly<Partial<Record<SettingName, string>>>,
  file: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Settings => {
  const text = (name: SettingName): string => {
    const variable = env[settingDefinitions[name].variable]
    return (
      flags[name] ?? (variable === undefined || variable === '' ? settingDefinitions[name].default : variable)
    )
  }
  const level = text('log')
  if (!isLevel(level)) {
    throw fault('OPTION_INVALID', {
      connector: 'sluice',
      option: '--log (SLUICE_LOG)',
      problem: `"${level}" is none of ${logLevels.join(', ')}`,
    })
  }
  return {
    directory: resolve(text('dir')),
    file: file === null ? null : resolve(file),
    http: parseListen('http', text('http')),
    kafka: parseListen('kafka', text('kafka')),
    postgres: parseListen('postgres', text('postgres')),
    logLevel: level,
    hostName: hostname(),
  }
}

export const addressOf = ({ host, port }: ListenAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Where the embedded database's password stands. */
export const passwordFileOf = (directory: string): string => join(directory, 'postgres.password')
