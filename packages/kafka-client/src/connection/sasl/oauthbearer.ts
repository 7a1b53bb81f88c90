/**
 * OAUTHBEARER (RFC 7628): a token that somebody else gave, with extensions as Kafka has them (KIP-255, KIP-342).
 *
 * A refusal comes as JSON; the client answers one byte, and the broker ends the exchange with an error.
 */
import { type SaslExchange, SaslProblem } from './mechanism.ts'

export interface OAuthToken {
  readonly value: string
  /** Further names and values that the broker is told. */
  readonly extensions?: Readonly<Record<string, string>>
}

const separator = '\u0001'
/** RFC 6750 section 2.1; a JWT is one. */
const tokenShape = /^[A-Za-z0-9._~+/-]+=*$/
const extensionName = /^[A-Za-z]+$/
const extensionValue = /^[\x21-\x7e \t\r\n]+$/
const reasonCharactersMax = 200

/** What a JSON refusal names as its reason. */
const reasonIn = (text: string): string => {
  const [, status] = /"status"\s*:\s*"([^"\\]{1,100})"/.exec(text) ?? []
  return status ?? text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, reasonCharactersMax)
}

/** @throws SaslProblem for what is no token */
export const oauthBearerExchange = ({ value, extensions = {} }: OAuthToken): SaslExchange => {
  // A token that holds a separator could say more than it should.
  if (!tokenShape.test(value)) throw new SaslProblem('what was given is no bearer token')
  const pairs = Object.entries(extensions)
  for (const [name, text] of pairs) {
    if (!extensionName.test(name) || name === 'auth' || !extensionValue.test(text)) {
      throw new SaslProblem(`the extension '${name.replaceAll(/[^\x20-\x7e]/g, '?')}' cannot be sent`)
    }
  }
  const said = [`auth=Bearer ${value}`, ...pairs.map(([name, text]) => `${name}=${text}`)]
  let refusal: string | null = null
  return {
    first: Buffer.from(`n,,${separator}${said.join(separator)}${separator}${separator}`),
    secrets: [value],
    answer: (fromBroker) => {
      if (refusal !== null) return Promise.reject(new SaslProblem(`the token was refused: ${refusal}`))
      if (fromBroker.length === 0) return Promise.resolve(null)
      refusal = reasonIn(fromBroker.toString())
      return Promise.resolve(Buffer.from(separator))
    },
  }
}
