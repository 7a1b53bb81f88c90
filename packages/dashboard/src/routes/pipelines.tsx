/** Pipelines: what they do now, step by step, and the hand on them. */
import { definePage } from './define-page.ts'

export const pipelinesPage = definePage({
  path: '/pipelines',
  title: 'Pipelines',
  icon: 'pipelines',
  shortcut: 'p',
  rail: true,
  flush: true,
  view: () => import('../pages/pipelines/pipelines-page.tsx'),
})

export const pipelinePage = definePage({
  path: '/pipelines/$name',
  title: 'Pipeline',
  icon: 'pipelines',
  hasTimeRange: true,
  view: () => import('../pages/pipelines/pipeline-page.tsx'),
})
