/** What needs somebody, worst first, each with the button that leads to it. */
import type { Answer } from '../../client/call.adapter.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { Chip, type Tone } from '../../parts/chip.tsx'
import { countText } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Loaded } from '../../parts/states.tsx'

type Need = Answer<'overview', 'show'>['needs_you'][number]

const shownMax = 8

const kinds: Readonly<Record<Need['problem'], readonly [tone: Tone, word: string, verb: string]>> = {
  failed: ['bd', 'Pipeline failed', 'See why'],
  degraded: ['wn', 'Pipeline degraded', 'See why'],
  unbalanced: ['bd', 'Ledger does not balance', 'See where'],
  dead_letters: ['wn', 'Dead letters', 'Inspect and redrive'],
}

const NeedItem = ({ need }: { need: Need }) => {
  const [tone, word, verb] = kinds[need.problem]
  const { pipeline, text } = need
  return (
    <li>
      <div className="w">
        <Chip tone={tone}>{word}</Chip>
        <span className="clip" style={{ marginLeft: 'auto' }}>
          {pipeline}
        </span>
      </div>
      <p>{text}</p>
      <Go
        className="btn"
        {...(need.problem === 'dead_letters'
          ? { to: '/dead-letters', search: { pipeline } }
          : { to: '/pipelines/$name', params: { name: pipeline } })}
      >
        {verb}
      </Go>
    </li>
  )
}

export const NeedsYou = () => {
  const overview = useLive('overview', {})
  const needs = overview.data?.needs_you ?? []
  return (
    <section aria-label="Needs you">
      <div className="head">
        <h2>Needs you</h2>
        <small className="num">{overview.data === undefined ? '' : countText(needs.length)}</small>
      </div>
      <Loaded from={overview} height={90}>
        {() => (
          <ul className="need">
            {needs.length === 0 ? (
              <li>
                <Chip tone="ok">Nothing waits for you</Chip>
                <p className="soft small" style={{ margin: 0 }}>
                  Failed and degraded pipelines, dead letters and ledgers that do not balance show up here.
                </p>
              </li>
            ) : (
              needs
                .slice(0, shownMax)
                .map((need) => <NeedItem key={`${need.pipeline} ${need.problem}`} need={need} />)
            )}
            {needs.length > shownMax ? (
              <li>
                <Go className="lnk" to="/pipelines">
                  {countText(needs.length - shownMax)} more
                </Go>
              </li>
            ) : null}
          </ul>
        )}
      </Loaded>
    </section>
  )
}
