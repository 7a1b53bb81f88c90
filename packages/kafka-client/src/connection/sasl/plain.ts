/**
 * PLAIN (RFC 4616): name and password as they are, for connections that are encrypted.
 *
 * Kafka stores and compares bytes as they were given, so neither name nor password is prepared (SASLprep).
 */
import { type SaslExchange, SaslProblem } from './mechanism.ts'

const nul = '\u0000'

/** @throws SaslProblem for what cannot be said in PLAIN */
export const plainExchange = (username: string, password: string): SaslExchange => {
  if (username === '' || password === '') throw new SaslProblem('the name or the password is empty')
  if (username.includes(nul) || password.includes(nul)) {
    throw new SaslProblem('the name or the password holds a NUL character')
  }
  return {
    first: Buffer.from(`${nul}${username}${nul}${password}`),
    secrets: [password],
    answer: () => Promise.resolve(null),
  }
}
