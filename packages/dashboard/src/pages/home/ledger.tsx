/** The ledger as a bar: how every record ended, and whether all are accounted for. */
import type { Answer } from '../../client/call.adapter.ts'
import { Chip } from '../../parts/chip.tsx'
import { countText } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'

type LedgerRow = Answer<'overview', 'show'>['ledger']

const outcomes = [
  { key: 'delivered', word: 'delivered', color: 'var(--d1)', always: true },
  { key: 'filtered', word: 'filtered', color: 'var(--d8)' },
  { key: 'aggregated', word: 'aggregated', color: 'var(--d4)' },
  { key: 'deduplicated', word: 'deduplicated', color: 'var(--d3)' },
  { key: 'late', word: 'late', color: 'var(--d2)' },
  { key: 'in_flight', word: 'in flight', color: 'var(--ln2)', always: true },
  { key: 'dead_lettered', word: 'dead', color: 'var(--bd)', always: true },
] as const

export const Ledger = ({ ledger }: { ledger: LedgerRow }) => {
  const shown = outcomes.filter((outcome) => 'always' in outcome || ledger[outcome.key] > 0)
  return (
    <>
      <div className="bar" aria-hidden>
        {shown.map(({ key, color }) =>
          ledger[key] === 0 ? null : <i key={key} style={{ flex: ledger[key], background: color }} />,
        )}
      </div>
      <div className="leg num">
        {shown.map(({ key, word, color }) => (
          <span key={key}>
            <i style={{ background: color }} aria-hidden />
            {key === 'dead_lettered' && ledger[key] > 0 ? (
              <Go className="quiet-link" to="/dead-letters">
                {word} <b>{countText(ledger[key])}</b>
              </Go>
            ) : (
              <>
                {word} <b>{countText(ledger[key])}</b>
              </>
            )}
          </span>
        ))}
      </div>
      <p style={{ marginTop: 6 }}>
        {ledger.gap === 0 ? (
          <Chip tone="ok" note={`${countText(ledger.in)} in, all accounted for`}>
            Balanced
          </Chip>
        ) : (
          <Chip tone="bd" note={`of ${countText(ledger.in)} in`}>
            {countText(Math.abs(ledger.gap))} {ledger.gap > 0 ? 'unaccounted for' : 'counted twice'}
          </Chip>
        )}
      </p>
    </>
  )
}
