/**
 * Sockets that are read into memory we choose.
 *
 * Node offers `onread` for sockets that connect, but not for those a server accepts. Here an accepted connection's handle
 * is put into a new socket that has it. That touches what Node does not promise, so it stays in this one file, is tried
 * once at start against a real connection, and when it does not work the plain `data` events are used instead.
 */
import net from 'node:net'

/** Where bytes go. */
export interface ByteSink {
  /** The memory the next bytes are read into; never empty. */
  nextBuffer(): Buffer
  /** So many bytes have been read into the last buffer. False: stop reading until the socket is resumed. */
  received(sizeBytes: number): boolean
}

export type ReadMode = 'in-place' | 'events'

interface Internals {
  _handle: object | null
  _server?: unknown
  server?: unknown
}

const hasInternals = (socket: unknown): socket is Internals =>
  typeof socket === 'object' && socket !== null && '_handle' in socket && typeof socket._handle === 'object'

const adopt = (accepted: net.Socket, sink: ByteSink): net.Socket => {
  if (!hasInternals(accepted)) throw new Error('an accepted socket has no handle')
  const handle = accepted._handle
  if (handle === null) throw new Error('an accepted socket has lost its handle')
  const options: unknown = {
    handle,
    onread: { buffer: () => sink.nextBuffer(), callback: (sizeBytes: number) => sink.received(sizeBytes) },
  }
  // Node takes a handle; its types do not know this one
  const socket = new net.Socket(options as net.SocketConstructorOpts)
  if (!hasInternals(socket)) throw new Error('a socket has no handle')
  // The server counts its connections by the socket it made; the new one takes over.
  socket._server = accepted._server
  accepted._server = null
  accepted._handle = null
  return socket
}

const listenToEvents = (socket: net.Socket, sink: ByteSink): void => {
  socket.on('data', (data: Buffer) => {
    let goesOn = true
    for (let at = 0; at < data.length; ) {
      const target = sink.nextBuffer()
      const copied = data.copy(target, 0, at)
      at += copied
      goesOn = sink.received(copied)
    }
    if (!goesOn) socket.pause()
  })
}

/**
 * Gives an accepted connection (its server has `pauseOnConnect`) to a sink. The answer is the socket to write to and to
 * resume; it does not read before its first `resume()`.
 */
export const readInto = (accepted: net.Socket, sink: ByteSink, mode: ReadMode): net.Socket => {
  if (mode === 'in-place') return adopt(accepted, sink)
  listenToEvents(accepted, sink)
  return accepted
}

const probeTimeoutMs = 1000
const probeText = 'sluice'

/** Tries reading in place on a loopback connection of its own; answers the mode that works here. */
export const chooseReadMode = async (): Promise<ReadMode> => {
  try {
    return (await probe()) ? 'in-place' : 'events'
  } catch {
    return 'events'
  }
}

const probe = (): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const memory = Buffer.alloc(64)
    let filled = 0
    const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
      try {
        const socket = readInto(
          accepted,
          {
            nextBuffer: () => memory.subarray(filled),
            received: (sizeBytes) => {
              filled += sizeBytes
              if (filled >= probeText.length) socket.end(memory.subarray(0, filled))
              return true
            },
          },
          'in-place',
        )
        socket.on('error', reject)
        socket.resume()
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    const timer = setTimeout(() => reject(new Error('nothing came back')), probeTimeoutMs)
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('no port'))
      const client = net.connect(address.port, '127.0.0.1', () => client.end(probeText))
      client.on('error', reject)
      client.on('data', (data) => {
        clearTimeout(timer)
        // Only when the server is drained is the count of connections right too.
        server.close(() => resolve(data.toString('utf8') === probeText))
      })
    })
  })
