/** Topics: the catalogue, and one topic with its tabs. */
import { definePage } from './define-page.ts'

export const topicsPage = definePage({
  path: '/topics',
  title: 'Topics',
  icon: 'topics',
  shortcut: 't',
  rail: true,
  flush: true,
  view: () => import('../pages/topics/catalogue-page.tsx'),
})

export const topicPage = definePage({
  path: '/topics/$name',
  title: 'Topic',
  icon: 'topics',
  hasTimeRange: true,
  view: () => import('../pages/topics/overview-page.tsx'),
})

export const messagesPage = definePage({
  path: '/topics/$name/messages',
  title: 'Messages',
  icon: 'topics',
  hasTimeRange: true,
  flush: true,
  view: () => import('../pages/messages/messages-page.tsx'),
})

export const messageLinkPage = definePage({
  path: '/topics/$name/messages/$partition/$offset',
  title: 'Message',
  icon: 'topics',
  view: () => import('../pages/messages/message-link.tsx'),
})

export const subscribersPage = definePage({
  path: '/topics/$name/subscribers',
  title: 'Subscribers',
  icon: 'topics',
  view: () => import('../pages/topics/subscribers-page.tsx'),
})

export const topicSettingsPage = definePage({
  path: '/topics/$name/settings',
  title: 'Settings of a topic',
  icon: 'topics',
  view: () => import('../pages/topics/settings-page.tsx'),
})
