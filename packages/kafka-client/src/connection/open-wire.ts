/** Chooses how a broker is reached: over a plain socket or TLS, and signed in where that is asked for. */
import { openPlainWire } from './plain-wire.ts'
import { mechanismOf } from './sasl/options.ts'
import { SignIn } from './sasl/sign-in.ts'
import { SignedInWire } from './signed-in-wire.ts'
import { openTlsWire } from './tls-wire.ts'
import type { OpenWire } from './wire.ts'

const time = { now: () => performance.now(), random: () => Math.random() }

/** @throws KafkaError CONNECTION_LOST, BROKER_NOT_TRUSTED, AUTHENTICATION_FAILED, CREDENTIALS_MISSING, OPTION_INVALID */
export const openWire: OpenWire = async (address, { clientId, tls, sasl }) => {
  const mechanism = sasl === null ? null : mechanismOf(sasl)
  const wire =
    tls === false ? await openPlainWire(address, clientId) : await openTlsWire(address, clientId, tls)
  if (mechanism === null) return wire
  const signedIn = new SignedInWire(
    wire,
    `${address.host}:${address.port}`,
    new SignIn(wire, address, mechanism),
    time,
  )
  try {
    await signedIn.open()
    return signedIn
  } catch (error) {
    wire.close()
    throw error
  }
}
