/** Settings of a topic: what holds, changing it after a look at before and after, more partitions, deleting it. */
import { type ReactNode, useMemo, useState } from 'react'
import { useMay } from '../../client/session.ts'
import { usePathParam, useSearchText } from '../../parts/address.adapter.ts'
import { type GridColumn, GridTable } from '../../parts/grid-table.tsx'
import { Skeleton } from '../../parts/states.tsx'
import { ChangeSettings } from './change-settings.tsx'
import { DangerZone } from './danger-zone.tsx'
import { type Changes, explained, spokenValue, withChange } from './settings-edit.ts'
import { type Topic, TopicFrame, useTopic } from './topic-frame.tsx'

interface Setting {
  readonly name: string
  readonly value: string
  readonly isOwn: boolean
}

const settingsOf = (topic: Topic): readonly Setting[] => {
  const own = new Set(topic.own_settings)
  return Object.entries(topic.settings).map(([name, value]) => ({ name, value, isOwn: own.has(name) }))
}

const Value = ({
  setting,
  changes,
  edit,
}: {
  setting: Setting
  changes: Changes
  edit: ((setting: Setting, value: string | null | undefined) => void) | null
}): ReactNode => {
  const changed = changes[setting.name]
  if (edit === null) return <code>{setting.value}</code>
  return (
    <span className="set-value">
      <input
        className="input mono"
        aria-label={`Value of ${setting.name}`}
        value={changed ?? (changed === null ? '' : setting.value)}
        placeholder={changed === null ? 'as the cluster is set' : ''}
        onChange={(event) => edit(setting, event.target.value)}
      />
      {setting.isOwn && changed !== null && (
        <button type="button" className="btn bare" onClick={() => edit(setting, null)}>
          As the cluster
        </button>
      )}
      {changed !== undefined && (
        <button type="button" className="btn bare" onClick={() => edit(setting, undefined)}>
          Undo
        </button>
      )}
    </span>
  )
}

const columnsOf = (
  changes: Changes,
  edit: Parameters<typeof Value>[0]['edit'],
): readonly GridColumn<Setting>[] => [
  {
    name: 'name',
    title: 'Setting',
    width: 'minmax(150px, 1.2fr)',
    sortBy: (row) => row.name,
    cell: (row) => <code title={explained[row.name]}>{row.name}</code>,
  },
  {
    name: 'value',
    title: 'Value',
    width: 'minmax(130px, 1.6fr)',
    cell: (row) => <Value setting={row} changes={changes} edit={edit} />,
  },
  {
    name: 'own',
    title: 'Set for',
    width: '104px',
    wideOnly: true,
    sortBy: (row) => (row.isOwn ? 0 : 1),
    cell: (row) => (row.isOwn ? <b>this topic</b> : <span className="faint">the cluster</span>),
  },
  {
    name: 'means',
    title: 'Meaning',
    titleHidden: true,
    width: 'minmax(120px, 2fr)',
    wideOnly: true,
    cell: (row) => (
      <span className="faint small" title={explained[row.name]}>
        {[spokenValue(row.name, row.value), explained[row.name]]
          .filter((text) => text !== null && text !== undefined)
          .join(' · ')}
      </span>
    ),
  },
]

const Settings = ({ topic }: { topic: Topic }): ReactNode => {
  const mayWrite = useMay('topics:write')
  const [changes, setChanges] = useState<Changes>({})
  const [words, setWords] = useState('')
  const [sorting, setSorting] = useSearchText('sort', 'own')
  const rows = useMemo(
    () => settingsOf(topic).filter(({ name }) => name.includes(words.toLowerCase())),
    [topic, words],
  )
  const columns = useMemo(() => {
    const edit = (setting: Setting, value: string | null | undefined): void =>
      setChanges((before) => withChange(before, setting.name, value, setting.value))
    return columnsOf(changes, mayWrite ? edit : null)
  }, [changes, mayWrite])
  return (
    <div className="stack">
      <div className="tools">
        <input
          className="input"
          type="search"
          placeholder="Search settings"
          aria-label="Search settings"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        {!mayWrite && (
          <span className="faint small">You may see settings here, not change them (topics:write).</span>
        )}
      </div>
      {Object.keys(changes).length > 0 && (
        <ChangeSettings topic={topic.name} changes={changes} done={() => setChanges({})} />
      )}
      <div className="box-table" style={{ height: Math.min(Math.max(rows.length, 1), 14) * 36 + 34 }}>
        <GridTable
          rows={rows}
          columns={columns}
          nameOf={(row) => row.name}
          sorting={sorting}
          onSorting={setSorting}
          label="Settings"
          empty={<p className="faint">No setting is called like that.</p>}
        />
      </div>
      {mayWrite && <DangerZone topic={topic} />}
    </div>
  )
}

const SettingsPage = (): ReactNode => {
  const name = usePathParam('name')
  const { data } = useTopic(name)
  return (
    <TopicFrame name={name} tab="settings">
      {data === undefined ? <Skeleton height={420} /> : <Settings key={data.uuid} topic={data} />}
    </TopicFrame>
  )
}

export default SettingsPage
