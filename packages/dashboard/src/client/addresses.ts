/** Where Kafka and the database of this installation are, for whoever may know. */
import { useAnswer } from './queries.ts'
import { useMay } from './session.ts'

export interface Addresses {
  /** Without a password; null where it is not known, or not ours to know. */
  readonly kafka: string | null
  readonly database: string | null
}

export const useAddresses = (): Addresses => {
  const enabled = useMay('connections:read')
  const connections = useAnswer('connections', 'list', {}, { enabled }).data?.data ?? []
  const addressOf = (kind: string): string | null =>
    connections.find((one) => one.kind === kind)?.address.replace(/^.*@|\/[^/]*$/g, '') ?? null
  return { kafka: addressOf('kafka'), database: addressOf('database') }
}
