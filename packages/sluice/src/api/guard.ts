/**
 * Which requests a server on this address takes at all: names it goes by, pages that may use it, addresses it
 * may listen on. Decides only.
 *
 * A page on the internet can make a browser on this machine ask loopback addresses, under a name of its own
 * (DNS rebinding). Host and Origin tell such requests apart.
 */
import { type Fault, fault } from '../kernel/faults/index.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]', '::1']

/** 127.0.0.0/8, ::1 and `localhost`. */
export const isLoopback = (host: string): boolean =>
  loopbackNames.includes(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host)

/**
 * Reads `127.0.0.1:8080`, `:8080`, `8080` or `[::1]:8080`. Without a host: loopback.
 * @throws fault REQUEST_INVALID
 */
export const parseListenAddress = (text: string): ListenAddress => {
  const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[^:\s[\]]*):)?(\d{1,5})$/.exec(text.trim())
  const port = Number(parts?.[2])
  if (parts === null || port > 65_535) {
    throw fault('REQUEST_INVALID', { field: 'http', problem: `${text} is no address; write host:port` })
  }
  const host = parts[1] === undefined || parts[1] === '' ? '127.0.0.1' : parts[1].replaceAll(/[[\]]/g, '')
  return { host, port }
}

/** null where Sluice may listen there. */
export const listenFault = (address: ListenAddress, allowRemote: boolean): Fault | null =>
  allowRemote || isLoopback(address.host)
    ? null
    : fault('LISTEN_REFUSED', { address: `${address.host}:${address.port}` })

const hostNameOf = (hostHeader: string): string => hostHeader.replace(/:\d+$/, '').toLowerCase()

export interface NamesAllowed {
  /** Names beyond loopback by which this server is reached; '*' allows every name. */
  readonly hosts: readonly string[]
  /** Origins beyond its own from which pages may use it. */
  readonly origins: readonly string[]
}

/** null where the request may be answered. */
export const requestFault = (
  headers: { readonly host: string | undefined; readonly origin: string | undefined },
  allowed: NamesAllowed,
): Fault | null => {
  const host = headers.host ?? ''
  const name = hostNameOf(host)
  const known = allowed.hosts.includes('*') || isLoopback(name) || allowed.hosts.includes(name)
  if (!known) return fault('HOST_REFUSED', { host: host === '' ? '(none)' : host, expected: 'localhost' })
  const { origin } = headers
  if (origin === undefined || allowed.origins.includes(origin)) return null
  return originHost(origin) === host.toLowerCase() ? null : fault('ORIGIN_REFUSED', { origin })
}

/** Host and port of an origin; null for `null` and what is none. */
export const originHost = (origin: string): string | null => {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}
