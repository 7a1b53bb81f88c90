/**
 * What carries requests to a broker and answers back, and how one is opened: the seam for TLS and SASL.
 *
 * A wire that `OpenWire` gives is ready for any request: encrypted and signed in where the options ask for that. What it
 * takes to sign in (SaslHandshake, SaslAuthenticate, and again before the session ends: KIP-368) it sends itself, and holds
 * requests back meanwhile; `connection.ts` asks for versions afterwards, and knows neither TLS nor SASL.
 */
import type { Message } from 'sluice-kafka-protocol'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { Sasl } from './sasl/options.ts'
import type { TlsOptions, TlsSource } from './tls-options.ts'

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
  /** Requests under way are lost. @param problem why, where there is more to say than that it was closed */
  close(problem?: KafkaError): void
}

export interface WireOptions {
  /** What brokers call this client in their logs and quotas. */
  readonly clientId: string
  /** Whether connections are encrypted; with what certificates, where the system's own are not the right ones. */
  readonly tls: boolean | TlsOptions | TlsSource
  readonly sasl: Sasl | null
}

/** @throws KafkaError CONNECTION_LOST, BROKER_NOT_TRUSTED, AUTHENTICATION_FAILED, CREDENTIALS_MISSING, OPTION_INVALID */
export type OpenWire = (address: BrokerAddress, options: WireOptions) => Promise<Wire>
