/**
 * What carries requests to a broker and answers back, and how one is opened: the seam for TLS and SASL.
 *
 * A wire that `OpenWire` gives is ready for any request: encrypted and signed in where the options ask for that. What it
 * takes to sign in (SaslHandshake, SaslAuthenticate, and again before the session ends: KIP-368) it sends itself, and holds
 * requests back meanwhile; `connection.ts` asks for versions afterwards, and knows neither TLS nor SASL.
 */
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
  /** Resolves with the answer; with undefined when written, where there is none. @throws KafkaError CONNECTION_LOST */
  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined>
  /** Requests under way are lost. */
  close(): void
}

/** How to sign in. Nothing in here is ever part of an error or a log line. */
export interface Sasl {
  /** PLAIN, SCRAM-SHA-256, … */
  readonly mechanism: string
  readonly username: string
  readonly password: string
}

export interface WireOptions {
  /** What brokers call this client in their logs and quotas. */
  readonly clientId: string
  readonly tls: boolean
  readonly sasl: Sasl | null
}

/** @throws KafkaError CONNECTION_LOST, AUTHENTICATION_FAILED, OPTION_INVALID */
export type OpenWire = (address: BrokerAddress, options: WireOptions) => Promise<Wire>
