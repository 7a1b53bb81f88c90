/** Addresses that parts listen on: read, checked, found free. */
import { createServer } from 'node:net'
import { fault } from '../kernel/faults/index.ts'

export interface ListenAddress {
  readonly host: string
  /** 0 means: any free one. */
  readonly port: number
}

export const addressText = ({ host, port }: ListenAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** Listens for a moment. Resolves to the port, or rejects with what the system says. */
const tryListening = ({ host, port }: ListenAddress): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : port))
    })
  })

/**
 * Returns the address with a port that is free at this moment.
 *
 * Throws PORT_TAKEN, naming the setting to change, if the wanted one is in use.
 */
export const freeAddress = async (
  wanted: ListenAddress,
  what: string,
  setting: string,
): Promise<ListenAddress> => {
  try {
    return { host: wanted.host, port: await tryListening(wanted) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EADDRINUSE') {
      const problem = error instanceof Error ? error.message : String(error)
      throw fault('ADDRESS_UNUSABLE', { address: addressText(wanted), what, problem, setting }, error)
    }
    throw fault('PORT_TAKEN', { address: addressText(wanted), what, setting }, error)
  }
}
