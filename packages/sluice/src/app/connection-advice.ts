/** What to do about a connection that does not work, from what it failed with. Decides only. */
import { isFault, messageOf } from '../kernel/faults/index.ts'

export interface FailedConnection {
  readonly kind: 'kafka' | 'database' | 'http'
  readonly address: string
  readonly embedded: boolean
  readonly error: unknown
}

/** All messages and codes of an error and of what caused it. */
const textOf = (error: unknown, depth = 0): string => {
  if (!(error instanceof Error) || depth > 5) return messageOf(error)
  const code = 'code' in error ? ` ${String(error.code)}` : ''
  const parts = error instanceof AggregateError ? error.errors.map((one) => textOf(one, depth + 1)) : []
  const cause = error.cause === undefined ? '' : ` ${textOf(error.cause, depth + 1)}`
  return [`${error.message}${code}${cause}`, ...parts].join(' ')
}

const setting = { kafka: 'kafka.brokers', database: 'database.url', http: 'http.listen' } as const

const advices: readonly (readonly [RegExp, (failed: FailedConnection) => string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    ({ address, kind }) =>
      `The name in ${address} is not known here: check ${setting[kind]} for a typing error, and this machine's DNS.`,
  ],
  [
    /ECONNREFUSED/,
    ({ address, embedded, kind }) =>
      embedded
        ? `Nothing listens on ${address}: \`sluice up\` starts it; look at \`sluice logs --level error\`.`
        : `Nothing listens on ${address}: start it there, or mend ${setting[kind]}.`,
  ],
  [
    /EHOSTUNREACH|ENETUNREACH/,
    ({ address }) => `There is no way to ${address}: check the network, routes and firewalls.`,
  ],
  [
    /28P01|28000|password authentication failed|SASL|authentication/i,
    ({ kind }) =>
      `It refused the sign-in: check name and password in ${setting[kind]} and where they come from.`,
  ],
  [
    /3D000/,
    () =>
      'The server answers, but has no such database: make it with `createdb`, or name another in database.url.',
  ],
  [/53300/, () => 'It has no connection left: raise max_connections there, or run fewer workers.'],
  [
    /certificate|self.signed|SSL|TLS|wrong version number/i,
    ({ kind }) =>
      kind === 'kafka'
        ? 'The encryption does not fit: set kafka.tls as the brokers have it, and check their certificate.'
        : 'The encryption does not fit: see `sslmode` in database.url, and check the certificate.',
  ],
  [
    /no answer within|did not answer|timeout|ETIMEDOUT/i,
    ({ address }) => `${address} takes too long: check that it runs and that no firewall drops the packets.`,
  ],
]

/** A sentence with what to do. */
export const adviceFor = (failed: FailedConnection): string => {
  const text = textOf(failed.error)
  const found = advices.find(([pattern]) => pattern.test(text))
  if (found !== undefined) return found[1](failed)
  if (isFault(failed.error)) return failed.error.fix
  return `Check that ${failed.address} runs and that ${setting[failed.kind]} is right.`
}
