/** A WebSocket client for tests: keeps what came, and waits for what is to come. */
import { once } from 'node:events'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { WebSocket } from 'ws'
import type { ClientMessage, ServerMessage } from '../../contract/index.ts'
import { serverMessages } from '../../contract/live.ts'
import { type TestApi, testKey } from '../rig.suite.ts'

export interface LiveClient extends AsyncDisposable {
  readonly received: readonly ServerMessage[]
  readonly socket: WebSocket
  send(message: ClientMessage): void
  /** The first message that fits and was not given out before; waits for it. */
  next<Type extends ServerMessage['type']>(
    type: Type,
    fits?: (message: Extract<ServerMessage, { type: Type }>) => boolean,
  ): Promise<Extract<ServerMessage, { type: Type }>>
  /** The code with which the server closed. */
  readonly closed: Promise<number>
}

const isOfType = <Type extends ServerMessage['type']>(
  message: ServerMessage,
  type: Type,
): message is Extract<ServerMessage, { type: Type }> => message.type === type

const isPromised = Compile(Type.Union(Object.values(serverMessages)))

const waitMsMax = 10_000

/** Connects to a server at `address`; with the admin key unless told otherwise. @throws where it is refused */
export const connectLive = async (
  address: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${testKey}` },
): Promise<LiveClient> => {
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/api/live`, { headers: { ...headers } })
  const received: ServerMessage[] = []
  const given = new Set<ServerMessage>()
  const wakes = new Set<() => void>()
  socket.on('message', (data: Buffer) => {
    const message: ServerMessage = JSON.parse(data.toString())
    // What is against the contract fails whoever waits for it.
    if (!isPromised.Check(message)) socket.close(4000, 'against the contract')
    received.push(message)
    for (const wake of wakes) wake()
  })
  const { promise: closed, resolve } = Promise.withResolvers<number>()
  socket.on('close', (code) => {
    resolve(code)
    for (const wake of wakes) wake()
  })
  await once(socket, 'open')
  return {
    received,
    socket,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    next: async (type, fits = () => true) => {
      const untilMs = Date.now() + waitMsMax
      for (;;) {
        for (const message of received) {
          if (given.has(message) || !isOfType(message, type) || !fits(message)) continue
          given.add(message)
          return message
        }
        if (Date.now() > untilMs || socket.readyState === WebSocket.CLOSED) {
          throw new Error(`no ${type} came, but ${JSON.stringify(received).slice(0, 2_000)}`)
        }
        await new Promise<void>((wake) => {
          wakes.add(wake)
          setTimeout(wake, 1_000)
        })
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.readyState === WebSocket.CLOSED) return
      socket.terminate()
      await closed
    },
  }
}

/** Status and body with which an upgrade was refused. */
export const refusedLive = async (
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown }> => {
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/api/live`, { headers: { ...headers } })
  socket.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate()
      reject(new Error('it was not refused'))
    })
    socket.on('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
  })
}

export const key = { authorization: `Bearer ${testKey}` }

export const listen = (api: TestApi): Promise<string> =>
  api.server.listen({ host: '127.0.0.1', port: 0 }, false)

export const newTopic = (api: TestApi, name: string, partitions = 1) =>
  api.server.inject({ method: 'POST', url: '/api/topics', headers: key, payload: { name, partitions } })

export const write = (api: TestApi, topic: string, values: readonly unknown[], partition = 0) =>
  api.server.inject({
    method: 'POST',
    url: `/api/topics/${topic}/messages`,
    headers: key,
    payload: { records: values.map((value) => ({ value, partition })) },
  })

export const watch = async (client: LiveClient, topic: string, after?: number): Promise<number> => {
  client.send({
    type: 'subscribe',
    id: 'tail',
    channel: 'messages',
    params: { topic },
    ...(after === undefined ? {} : { after }),
  })
  return (await client.next('subscribed')).seq
}

const isRow = (value: unknown): value is { readonly value: unknown } =>
  typeof value === 'object' && value !== null && 'value' in value

/** Values of all rows that came, and how many were told as dropped. */
export const rowsOf = (client: LiveClient): { readonly values: unknown[]; readonly dropped: number } => {
  const updates = client.received.flatMap((message) => (message.type === 'update' ? [message] : []))
  const values = updates.flatMap(({ data }) =>
    Array.isArray(data) ? data.flatMap((row: unknown) => (isRow(row) ? [row.value] : [])) : [],
  )
  return { values, dropped: updates.reduce((sum, { dropped }) => sum + dropped, 0) }
}

export const until = async (holds: () => boolean): Promise<void> => {
  const endMs = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('it did not come to hold')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
