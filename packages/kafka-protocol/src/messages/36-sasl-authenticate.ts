/**
 * SaslAuthenticate (key 36, v0-v2): carries one SASL token each way.
 *
 * - v1 tells how long the session may last (KIP-368); v2 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { bytes, int16, int64, nullable, optional, since, string, struct } from '../codec/shapes.ts'

export const SaslAuthenticate = message({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleSince: 2,
  request: struct({ authBytes: bytes }),
  response: struct({
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64, 0n),
  }),
})
