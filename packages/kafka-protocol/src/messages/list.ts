/** Every message there is a table for, by API key. */
import type { Message } from '../codec/message.ts'
import { Produce } from './00-produce.ts'
import { Fetch } from './01-fetch.ts'
import { ListOffsets } from './02-list-offsets.ts'
import { Metadata } from './03-metadata.ts'
import { ApiVersions } from './18-api-versions.ts'
import { CreateTopics } from './19-create-topics.ts'

export const messages: readonly Message[] = [Produce, Fetch, ListOffsets, Metadata, ApiVersions, CreateTopics]
