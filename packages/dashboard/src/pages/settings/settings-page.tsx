/** Settings: three tabs, whose name is in the address. */
import type { ReactNode } from 'react'
import { useMay, useSession } from '../../client/session.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { NeedsPermission } from '../../parts/needs-permission.tsx'
import { Skeleton } from '../../parts/states.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import { Configuration } from './configuration.tsx'
import { Connections } from './connections.tsx'
import { Revisions } from './revisions.tsx'
import './settings.css'

const tabs = [
  { name: 'configuration', title: 'Configuration', permission: 'config:read', what: 'the configuration' },
  { name: 'revisions', title: 'Revisions', permission: 'config:read', what: 'the revisions' },
  { name: 'connections', title: 'Connections', permission: 'connections:read', what: 'the connections' },
] as const

type Tab = (typeof tabs)[number]

const views: Readonly<Record<Tab['name'], () => ReactNode>> = {
  configuration: () => <Configuration />,
  revisions: () => <Revisions />,
  connections: () => <Connections />,
}

const Shown = ({ tab }: { tab: Tab }): ReactNode => {
  const may = useMay(tab.permission)
  const isKnown = useSession().data !== undefined
  if (!isKnown) return <Skeleton height={320} />
  return may ? views[tab.name]() : <NeedsPermission permission={tab.permission} what={tab.what} />
}

const SettingsPage = (): ReactNode => {
  const [name, setName] = useSearchText('tab', 'configuration')
  const tab = tabs.find((one) => one.name === name) ?? tabs[0]
  return (
    <div className="settings">
      <PageTitle title="Settings" />
      <div className="tabs" role="tablist" aria-label="Settings">
        {tabs.map((one) => (
          <button
            key={one.name}
            type="button"
            role="tab"
            aria-selected={one === tab}
            onClick={() => setName(one.name)}
          >
            {one.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={tab.title}>
        <Shown tab={tab} />
      </div>
    </div>
  )
}

export default SettingsPage
