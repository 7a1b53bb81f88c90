/** What needs somebody, worst first, each with the button that leads to it. */
import { useMemo } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { Chip, capital, type Tone } from '../../parts/chip.tsx'
import { countText } from '../../parts/format.ts'
import { Go, type GoProps } from '../../parts/go.tsx'
import { reasonOf } from '../../parts/measures.tsx'
import { Loaded } from '../../parts/states.tsx'
import type { GroupRow } from '../consumers/group-columns.tsx'
import { isOf } from '../consumers/verdict-facets.ts'

type Need = Answer<'overview', 'show'>['needs_you'][number]

const shownMax = 8

const kinds: Readonly<Record<Need['problem'], readonly [tone: Tone, word: string, verb: string]>> = {
  failed: ['bd', 'Pipeline failed', 'See why'],
  degraded: ['wn', 'Pipeline degraded', 'See why'],
  unbalanced: ['bd', 'Ledger does not balance', 'See where'],
  dead_letters: ['wn', 'Dead letters', 'Inspect and redrive'],
}

/** One thing that waits: of a pipeline, or of somebody else's consumer group. */
interface Item {
  readonly key: string
  readonly tone: Tone
  readonly word: string
  readonly of: string
  readonly text: string
  readonly verb: string
  readonly to: Pick<GoProps, 'to' | 'params' | 'search'>
}

const itemOfPipeline = ({ pipeline, problem, text }: Need): Item => {
  const [tone, word, verb] = kinds[problem]
  return {
    key: `${pipeline} ${problem}`,
    tone,
    word,
    of: pipeline,
    text,
    verb,
    to:
      problem === 'dead_letters'
        ? { to: '/dead-letters', search: { pipeline } }
        : { to: '/pipelines/$name', params: { name: pipeline } },
  }
}

const itemsOfGroups = (groups: readonly GroupRow[]): readonly Item[] =>
  groups
    // A pipeline speaks for its own group.
    .filter((group) => group.pipeline === null && isOf(group, 'needs'))
    .map(({ name, verdict, verdict_text: text }) => ({
      key: `group ${name}`,
      tone: verdict === 'stalled' ? 'bd' : 'wn',
      word: verdict === 'stalled' ? 'Consumer stalled' : 'Consumer falls behind',
      of: name,
      text: capital(reasonOf(text)),
      verb: 'See which partitions',
      to: { to: '/consumers/$name', params: { name } },
    }))

const NeedItem = ({ item }: { item: Item }) => (
  <li>
    <div className="w">
      <Chip tone={item.tone}>{item.word}</Chip>
      <span className="clip" style={{ marginLeft: 'auto' }} title={item.of}>
        {item.of}
      </span>
    </div>
    <p>{item.text}</p>
    <Go className="btn" {...item.to}>
      {item.verb}
    </Go>
  </li>
)

export const NeedsYou = () => {
  const overview = useLive('overview', {})
  const groups = useLive('groups', {}).data?.data
  const needs = useMemo(
    () =>
      [...(overview.data?.needs_you ?? []).map(itemOfPipeline), ...itemsOfGroups(groups ?? [])].toSorted(
        (a, b) => Number(b.tone === 'bd') - Number(a.tone === 'bd'),
      ),
    [overview.data, groups],
  )
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
                  Failed and degraded pipelines, dead letters, ledgers that do not balance and consumers that
                  fall behind show up here.
                </p>
              </li>
            ) : (
              needs.slice(0, shownMax).map((item) => <NeedItem key={item.key} item={item} />)
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
