/** A link between clients and a server that fails on command: cut, silent (half-open), or slow. */
import { connect, createServer, type Socket } from 'node:net'
import { freePorts } from './part.ts'

export interface FaultyLink extends AsyncDisposable {
  readonly port: number
  /** Where it leads; to be told before anybody connects. */
  leadsTo(port: number): void
  /** Ends every connection; new ones work. */
  cut(): void
  /** Connections stay open and new ones are taken, but nothing comes through, until `heal`. */
  silence(): void
  /** So many bytes at a time, every 10 ms, each way, until `heal`. */
  slow(bytes: number): void
  /** Everything comes through again. Connections that were silent stay so: what was lost on them is lost. */
  heal(): void
}

type Mode = { readonly kind: 'fine' | 'silent' } | { readonly kind: 'slow'; readonly bytes: number }

const slowEveryMs = 10

export const startLink = async (): Promise<FaultyLink> => {
  const [port = 0] = await freePorts(1)
  const sockets = new Set<Socket>()
  const broken = new WeakSet<Socket>()
  let mode: Mode = { kind: 'fine' }
  let target = 0

  const pass = async (from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        if (mode.kind === 'silent') broken.add(from)
        if (broken.has(from) || broken.has(to)) break
        const now: Mode = mode
        const end = now.kind === 'slow' ? Math.min(chunk.length, at + now.bytes) : chunk.length
        if (!to.write(chunk.subarray(at, end)))
          await new Promise((resolve) => to.once('drain', resolve).once('close', resolve))
        at = end
        if (now.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, slowEveryMs))
      }
    }
    to.end()
  }
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) keep(socket)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    pass(client, upstream).catch(() => client.destroy())
    pass(upstream, client).catch(() => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    leadsTo: (to) => {
      target = to
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    silence: () => {
      mode = { kind: 'silent' }
    },
    slow: (bytes) => {
      mode = { kind: 'slow', bytes }
    },
    heal: () => {
      mode = { kind: 'fine' }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}
