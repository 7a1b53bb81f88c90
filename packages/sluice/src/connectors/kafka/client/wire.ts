/** What carries requests to a broker and answers back: by the library, or a plain socket of our own. */
import type { Message } from 'sluice-kafka-protocol'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** A message as a client uses it: it encodes requests and decodes responses. */
export type ClientMessage<In, Out> = Pick<
  Message<unknown, In, Out, never>,
  'key' | 'name' | 'versionMin' | 'versionMax' | 'isFlexible' | 'encodeRequest' | 'decodeResponse'
>

export interface Wire {
  readonly isOpen: boolean
  /** Resolves with the answer; with undefined when written, where there is none. @throws ConnectionLost */
  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined>
  /** Requests under way are lost. */
  close(): void
}

export const connectTimeoutMs = 5_000
