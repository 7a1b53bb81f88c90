/** What all pages of one topic share: its name and state in the top bar, and the tabs. */
import type { ReactNode } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { Chip } from '../../parts/chip.tsx'
import { countText } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Empty, Failure } from '../../parts/states.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import './topics.css'

export const topicTabs = ['overview', 'messages', 'subscribers', 'settings'] as const
export type TopicTab = (typeof topicTabs)[number]

const paths: Readonly<Record<TopicTab, string>> = {
  overview: '/topics/$name',
  messages: '/topics/$name/messages',
  subscribers: '/topics/$name/subscribers',
  settings: '/topics/$name/settings',
}

const titles: Readonly<Record<TopicTab, string>> = {
  overview: 'Overview',
  messages: 'Messages',
  subscribers: 'Subscribers',
  settings: 'Settings',
}

export const useTopic = (name: string) => useLive('topic', { name })

export type Topic = NonNullable<ReturnType<typeof useTopic>['data']>

const Missing = ({ name }: { name: string }): ReactNode => (
  <Empty title={`There is no topic ${name}`}>
    <p>It may have been deleted, or its name is another. Nothing was changed by looking for it.</p>
    <Go className="btn" to="/topics">
      All topics
    </Go>
  </Empty>
)

const State = ({ topic }: { topic: Topic | undefined }): ReactNode =>
  topic === undefined ? null : (
    <>
      <Chip tone={topic.internal ? 'id' : 'ok'}>{topic.internal ? 'Kafka’s own' : 'Active'}</Chip>
      <span className="faint small num wide">
        · {countText(topic.partitions)} {topic.partitions === 1 ? 'partition' : 'partitions'} ·{' '}
        {countText(topic.messages)} {topic.messages === '1' ? 'message' : 'messages'}
      </span>
    </>
  )

const Tabs = ({ name, tab, topic }: { name: string; tab: TopicTab; topic: Topic | undefined }): ReactNode => (
  <nav className="tabs topic-tabs" aria-label="Parts of this topic">
    {topicTabs.map((one) => (
      <Go
        key={one}
        to={paths[one]}
        params={{ name }}
        className={one === tab ? 'on' : ''}
        {...(one === tab ? { title: `${titles[one]} (here)` } : {})}
      >
        {titles[one]}
        {one === 'subscribers' && topic?.groups !== undefined && (
          <span className="faint num"> {topic.groups.length}</span>
        )}
      </Go>
    ))}
  </nav>
)

/** `fill`: the page below the tabs scrolls by itself. */
export const TopicFrame = ({
  name,
  tab,
  fill = false,
  children,
}: {
  name: string
  tab: TopicTab
  fill?: boolean
  children: ReactNode
}): ReactNode => {
  const asked = useTopic(name)
  const isMissing = asked.error instanceof ApiError && asked.error.status === 404
  return (
    <div className={fill ? 'topic topic-fill' : 'topic'}>
      <PageTitle title={name} crumbs={[{ title: 'Topics', to: '/topics' }]}>
        <State topic={asked.data} />
      </PageTitle>
      <Tabs name={name} tab={tab} topic={asked.data} />
      {isMissing ? (
        <div className="topic-pad">
          <Missing name={name} />
        </div>
      ) : asked.error !== null && asked.data === undefined ? (
        <div className="topic-pad">
          <Failure error={asked.error} retry={() => void asked.refetch()} />
        </div>
      ) : (
        children
      )}
    </div>
  )
}
