/** Chooses how a broker is reached: over a plain socket, or with TLS and SASL. */
import { KafkaError } from '../errors/kafka-error.ts'
import { openPlainWire } from './plain-wire.ts'
import type { OpenWire } from './wire.ts'

/** @throws KafkaError CONNECTION_LOST, OPTION_INVALID */
export const openWire: OpenWire = async (address, options) => {
  if (options.tls) throw new KafkaError('OPTION_INVALID', 'tls', 'this client has no TLS of its own yet')
  if (options.sasl !== null)
    throw new KafkaError('OPTION_INVALID', 'sasl', 'this client has no SASL of its own yet')
  return await openPlainWire(address, options.clientId)
}
