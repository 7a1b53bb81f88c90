/** Answer of `ledger`: the sum over all pipelines, and whether it balances. */
import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { ledgerResource } from '../../contract/ledger.ts'
import { addLedger, emptyLedger, type LedgerCounts, ledgerGap } from '../../flow/ledger.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Pipelines } from '../ports.ts'

type Ledger = AnswerOf<(typeof ledgerResource)['endpoints']['show']>

const ledgerOf = (counts: LedgerCounts): Pick<Ledger['data'][number], 'ledger' | 'balanced'> => {
  const gap = ledgerGap(counts)
  return { ledger: { ...counts, gap }, balanced: gap === 0 }
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const ledgerAnswers = (pipelines: Pipelines, clock: Clock): Answers<typeof ledgerResource> => ({
  show: async () => {
    const all = await pipelines.list()
    const total = all.reduce((sum, one) => addLedger(sum, one.ledger), emptyLedger)
    // One pipeline whose beginning is unknown leaves that of the sum unknown.
    const begins = all.flatMap(({ countedSinceMs }) => (countedSinceMs === null ? [] : [countedSinceMs]))
    const sinceMs = begins.length > 0 && begins.length === all.length ? Math.min(...begins) : null
    const { ledger } = ledgerOf(total)
    return {
      total: ledger,
      // A surplus of one must not hide what another lacks.
      balanced: all.every((one) => ledgerGap(one.ledger) === 0),
      since: isoOrNull(sinceMs),
      data: all.map((one) => ({
        pipeline: one.name,
        ...ledgerOf(one.ledger),
        since: isoOrNull(one.countedSinceMs),
      })),
      count: all.length,
      timestamp: new Date(clock.now()).toISOString(),
    }
  },
})
