/**
 * The revision that the processes of `sluice up` wait for: what the file says now. Without it a worker would go on with
 * what the file said when everything was stopped, until the server has read it.
 */
import { createHash } from 'node:crypto'
import type { Revision } from '../store/definitions.ts'

/** Names, in the environment of a process, what it waits for. */
export const awaitedRevisionVariable = 'SLUICE_AWAITED_REVISION'

/** A server that does not come, or a file that changed meanwhile, holds nobody up for longer. */
const waitMs = 10_000

const fingerprintOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What stands in the environment: the file's text as a fingerprint, and when it was read. */
export const awaitedRevision = (text: string, readAtMs: number): string =>
  `${fingerprintOf(text)}@${readAtMs}`

/**
 * Tells of each newest revision whether it may run. True for ever after the awaited one or one that is newer than the
 * reading of the file, after 10 s, and for a process that waits for none.
 */
export const revisionGate = (
  awaited: string | undefined,
  startedAtMs: number,
): ((revision: Pick<Revision, 'text' | 'createdAtMs'>, nowMs: number) => boolean) => {
  const [fingerprint, readAt] = awaited?.split('@') ?? []
  let isOpen = awaited === undefined
  return ({ text, createdAtMs }, nowMs) => {
    isOpen ||=
      nowMs - startedAtMs >= waitMs || createdAtMs > Number(readAt) || fingerprintOf(text) === fingerprint
    return isOpen
  }
}
