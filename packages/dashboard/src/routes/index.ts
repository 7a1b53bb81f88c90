/** Every page, in the order of the rail. Router, rail, palette and shortcuts are read from this list. */
import { consumerPage, consumersPage } from './consumers.tsx'
import { deadLettersPage } from './dead-letters.tsx'
import type { PageDefinition } from './define-page.ts'
import { apiPage, helpPage } from './help.tsx'
import { homePage } from './home.tsx'
import { logsPage } from './logs.tsx'
import { pipelinePage, pipelinesPage } from './pipelines.tsx'
import { sensorsPage } from './sensors.tsx'
import { settingsPage } from './settings.tsx'
import { signInPage } from './sign-in.tsx'
import {
  messageLinkPage,
  messagesPage,
  subscribersPage,
  topicPage,
  topicSettingsPage,
  topicsPage,
} from './topics.tsx'

export const pages: readonly PageDefinition[] = [
  homePage,
  topicsPage,
  topicPage,
  messagesPage,
  messageLinkPage,
  subscribersPage,
  topicSettingsPage,
  consumersPage,
  consumerPage,
  pipelinesPage,
  pipelinePage,
  deadLettersPage,
  sensorsPage,
  logsPage,
  settingsPage,
  helpPage,
  apiPage,
  signInPage,
]
