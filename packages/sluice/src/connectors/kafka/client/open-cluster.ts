/** Opens the client on a cluster as the configuration names it. */
import { KafkaCluster, type OpenWire, openWire } from 'sluice-kafka-client/parts'
import type { KafkaAccess } from '../../../flow/connector.ts'

/** The library takes half a second to load: only who needs TLS or SASL pays for it. */
const openAnyWire: OpenWire = async (address, options) => {
  if (!options.tls && options.sasl === null) return await openWire(address, options)
  const { openLibraryWire } = await import('./library-wire.ts')
  return await openLibraryWire(address, options)
}

/** Nothing is connected before it is used. */
export const openCluster = (access: KafkaAccess): KafkaCluster =>
  new KafkaCluster({ ...access, openWire: openAnyWire })
