/** Settings that do not stand in the file: the data directory and the addresses that parts listen on. */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultHttp } from '../cli/command.ts'
import type { RunSettings } from '../cli/local-commands.ts'
import type { Configuration } from '../config/configuration.ts'
import type { ListenAddress } from '../embedded/index.ts'
import { fault } from '../kernel/faults/index.ts'
import { type LogLevel, logLevels } from '../kernel/logger.ts'

export interface Settings {
  /** The data directory, absolute. */
  readonly directory: string
  /** The configuration file, absolute; null for ./sluice.yaml or the built-in quickstart. */
  readonly file: string | null
  readonly http: ListenAddress
  readonly kafka: ListenAddress
  readonly postgres: ListenAddress
  readonly allowRemote: boolean
  readonly logLevel: LogLevel
  /** null: as the file says. */
  readonly workers: number | null
  /** Name of this machine. */
  readonly hostName: string
}

type AddressName = 'http' | 'kafka' | 'postgres'

/** `host:port`, `[::1]:port`, or `:port` for this machine alone. @throws fault OPTION_INVALID */
export const parseListen = (name: AddressName, text: string): ListenAddress => {
  const parts = /^(?:https?:\/\/)?(?:\[([^\]]+)\]|([^:[\]/]*)):(\d{1,5})\/?$/.exec(text.trim())
  const port = Number(parts?.[3])
  if (parts === null || port > 65_535) {
    throw fault('OPTION_INVALID', {
      connector: 'sluice',
      option: `--${name} (SLUICE_${name.toUpperCase()})`,
      problem: `"${text}" is no address; write it as 127.0.0.1:8080`,
    })
  }
  const host = parts[1] ?? parts[2] ?? ''
  return { host: host === '' ? '127.0.0.1' : host, port }
}

const levelOf = (text: string): LogLevel => logLevels.find((level) => level === text) ?? 'info'

/** @throws fault OPTION_INVALID */
export const settingsOf = (given: RunSettings, configuration: Configuration | null = null): Settings => ({
  directory: resolve(given.directory),
  file: given.file === null ? null : resolve(given.file),
  http: parseListen('http', given.http ?? configuration?.http.listen ?? defaultHttp),
  kafka: parseListen('kafka', given.kafka),
  postgres: parseListen('postgres', given.postgres),
  allowRemote: given.allowRemote,
  logLevel: levelOf(given.logLevel ?? configuration?.log.level ?? 'info'),
  workers: given.workers,
  hostName: hostname(),
})

export const addressOf = ({ host, port }: ListenAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Where the embedded database's password stands. */
export const passwordFileOf = (directory: string): string => join(directory, 'postgres.password')
