/** The words of access: what may be allowed, what it is allowed on, and what the audit log calls what was done. */

/** Everything a caller may be allowed, with what it means. */
export const permissions = {
  'data:read': 'Read stored readings and metrics of machines.',
  'pipelines:read': 'See pipelines, their state, lag and ledger.',
  'pipelines:control': 'Start, stop and pause pipelines.',
  'positions:write': 'Move where a pipeline reads on.',
  'dead-letters:read': 'See dead letters with their records.',
  'dead-letters:write': 'Edit, redrive and purge dead letters.',
  'topics:read': 'See topics.',
  'topics:write': 'Create, change and delete topics.',
  'groups:read': 'See consumer groups and their lag.',
  'groups:write': 'Move offsets of consumer groups, and delete groups.',
  'messages:read': 'Read messages of topics.',
  'messages:write': 'Write messages to topics.',
  'ingest:write': 'Send events to pipelines over HTTP.',
  'metrics:read': 'Read the metrics of Sluice itself.',
  'logs:read': 'Read the log of all processes.',
  'config:read': 'Read the configuration file and its revisions; secrets are not in it.',
  'config:write': 'Check and change the configuration file.',
  'connections:read': 'See what Sluice is connected to.',
  'connections:test': 'Test connections.',
  'contract:read': 'Read the description of this API.',
  'session:end': 'Sign out.',
  'session-links:write': 'Make links that sign a person in.',
} as const

export type Permission = keyof typeof permissions

type Reading = Extract<Permission, `${string}:read`>

/**
 * What somebody who is not signed in may read where the configuration says `http.anonymous: read`. Every permission to
 * read is decided on here; what tells how the installation is made, or who did what, stays with those who signed in.
 */
const anonymousMay: Readonly<Record<Reading, boolean>> = {
  'data:read': true,
  'pipelines:read': true,
  'dead-letters:read': true,
  'topics:read': true,
  'groups:read': true,
  'messages:read': true,
  'metrics:read': true,
  'logs:read': false,
  'config:read': false,
  'connections:read': false,
  'contract:read': true,
}

const isReading = (name: string): name is Reading => Object.hasOwn(anonymousMay, name)

export const anonymousReading: ReadonlySet<Permission> = new Set(
  Object.keys(permissions)
    .filter((name) => isReading(name))
    .filter((name) => anonymousMay[name]),
)

export const resourceKinds = [
  'server',
  'readings',
  'pipeline',
  'dead-letter',
  'topic',
  'group',
  'session',
  'configuration',
  'connection',
] as const
export type ResourceKind = (typeof resourceKinds)[number]

/** Everything the audit log can tell, in the past tense. */
export const auditActions = {
  'pipeline.started': 'A pipeline was started.',
  'pipeline.stopped': 'A pipeline was stopped.',
  'pipeline.paused': 'A pipeline was paused.',
  'pipeline.position_moved':
    'A pipeline was told to read on from elsewhere (or was asked what that would do).',
  'dead_letter.redriven': 'Dead letters were sent again, edited or as they were.',
  'dead_letter.purged': 'Dead letters were removed (or it was asked which would be).',
  'topic.created': 'A topic was created.',
  'topic.deleted': 'A topic and its messages were deleted.',
  'topic.settings_changed': 'Settings of a topic were changed (or it was asked what that would do).',
  'topic.partitions_added': 'A topic got more partitions.',
  'group.offsets_moved':
    'A consumer group was told to read on from elsewhere (or it was asked what that would do).',
  'group.deleted': 'A consumer group and its offsets were deleted.',
  'config.applied': 'The configuration file was written (or it was asked what that would change).',
  'topic.written': 'Messages were written to a topic by hand.',
  'session.started': 'Somebody signed in, or was refused.',
  'session.ended': 'Somebody signed out.',
  'session.link_made': 'A link that signs a person in was made.',
} as const

export type AuditAction = keyof typeof auditActions
