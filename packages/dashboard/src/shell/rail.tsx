/** The left rail: pages, what waits in them, and which installation this is. */
import { useAddresses } from '../client/addresses.ts'
import { useSession } from '../client/session.ts'
import { useLive } from '../live/hooks.adapter.ts'
import { Go } from '../parts/go.tsx'
import { Icon } from '../parts/icon.tsx'
import { pages } from '../routes/index.ts'

const Logo = () => (
  <div className="logo">
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden>
      <g fill="none" stroke="var(--ac)" strokeWidth="2.4" strokeLinecap="round">
        <path d="M3 5h9" />
        <path d="M8 10h9" />
        <path d="M3 15h6" />
      </g>
    </svg>
    Sluice
  </div>
)

const Environment = () => {
  const session = useSession().data
  const addresses = useAddresses()
  if (session === undefined) return <div className="env" />
  const { name, kafka, database, version } = session.environment
  const isAllOurs = kafka === 'embedded' && database === 'embedded'
  // "Embedded" twice more says nothing.
  const [kafkaAt, databaseAt] = [
    addresses.kafka ?? (isAllOurs ? null : kafka),
    addresses.database ?? (isAllOurs ? null : database),
  ]
  return (
    <div className="env">
      <b>{name}</b>
      {isAllOurs ? ' · all embedded' : null}
      {kafkaAt === null ? null : <div>Kafka {kafkaAt}</div>}
      {databaseAt === null ? null : <div>PostgreSQL {databaseAt}</div>}
      <div>Sluice {version}</div>
    </div>
  )
}

/** What waits in a page; a number only where there is something. */
const useBadges = (): Readonly<Record<string, { count: number; tone: string }>> => {
  const overview = useLive('overview', {}).data
  if (overview === undefined) return {}
  return {
    '/pipelines': {
      count: new Set(
        overview.needs_you
          .filter(({ problem }) => problem === 'failed' || problem === 'degraded')
          .map(({ pipeline }) => pipeline),
      ).size,
      tone: 'bad',
    },
    '/dead-letters': { count: overview.dead_letters, tone: 'warn' },
  }
}

export const Rail = ({ close }: { close: () => void }) => {
  const badges = useBadges()
  return (
    <aside className="rail">
      <Logo />
      <nav aria-label="Pages">
        {pages
          .filter(({ rail }) => rail === true)
          .map(({ path, title, icon }) => {
            const badge = badges[path]
            return (
              <Go key={path} to={path} activeClassName="on" onClick={close}>
                <Icon name={icon} />
                {title}
                {badge === undefined || badge.count === 0 ? null : (
                  <b className={`num ${badge.tone}`}>{badge.count > 999 ? '999+' : badge.count}</b>
                )}
              </Go>
            )
          })}
      </nav>
      <Environment />
    </aside>
  )
}
