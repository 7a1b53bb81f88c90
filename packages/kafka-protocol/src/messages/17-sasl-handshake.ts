/**
 * SaslHandshake (key 17, v0-v1): agrees on a SASL mechanism.
 *
 * - After v1 the tokens travel in SaslAuthenticate requests; after v0 as bare frames.
 */
import { message } from '../codec/message.ts'
import { array, int16, string, struct } from '../codec/shapes.ts'

export const SaslHandshake = message({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: struct({ mechanism: string }),
  response: struct({ errorCode: int16, mechanisms: array(string) }),
})
