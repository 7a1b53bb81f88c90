/** The configuration file: read, checked, compared, written, and what it said before. */
import { Type } from 'typebox'
import { limits } from '../kernel/limits.ts'
import { defineResource, endpoint } from './endpoint.ts'
import { count, limit, nullable, strict, timestamp } from './schemas.ts'

const all = { kind: 'configuration', name: null } as const

const text = Type.String({
  maxLength: limits.configBytesMax,
  description: 'The whole file as YAML. Variables stay as written; no secret is ever put in their place.',
})

const revisionId = Type.Integer({ minimum: 1, description: 'Number of a revision.' })

const finding = strict({
  line: Type.Integer({ minimum: 1 }),
  column: Type.Integer({ minimum: 1, description: 'In UTF-16 units, as editors count.' }),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  problem: Type.String({ description: 'What is wrong.' }),
  fix: Type.String({ description: 'What would be right.' }),
})

const names = strict({
  added: Type.Array(Type.String()),
  changed: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
})

const restart = Type.Array(Type.String(), {
  description: 'Settings at the top of the file that are taken at the next start only.',
})

/** null where the text has errors: then nothing can be compared. */
const changes = nullable(
  strict({
    pipelines: strict({
      ...names.properties,
      restarted: Type.Array(Type.String(), {
        description: 'Pipelines that run and will stop, and start again from their positions.',
      }),
    }),
    topics: names,
    restart,
  }),
  'null where the text has errors.',
)

const revisionSummary = strict({
  id: revisionId,
  created_at: timestamp,
  created_by: Type.String({ description: 'Machine and file that it came from.' }),
  size_bytes: count,
  newest: Type.Boolean(),
})

const hash = Type.String({
  pattern: '^[0-9a-f]{16}$',
  description: 'Fingerprint of the text of the file as it lies there now.',
})

const baseRevision = Type.Optional(
  nullable(
    Type.Integer({ minimum: 0 }),
    'The revision that was edited: refused (CONFLICT) where a newer one is there by now.',
  ),
)

export const configResource = defineResource({
  name: 'config',
  summary: 'The configuration file and its revisions.',
  endpoints: {
    show: endpoint({
      method: 'GET',
      path: '/api/config',
      summary: 'Show the configuration file',
      description: 'As it is written: `${VARIABLES}` stay as they stand there.',
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          text,
          file: nullable(
            Type.String(),
            'Its path as this server knows it; null for the built-in quickstart.',
          ),
          revision: nullable(revisionId, 'The revision that is newest now.'),
          hash,
          editable: Type.Boolean({ description: 'This server may write the file.' }),
          not_editable_because: nullable(Type.String()),
          restart_required: restart,
          findings: Type.Array(finding, { description: 'What is wrong with the file as it lies there.' }),
          timestamp,
        }),
        description: 'The file.',
      },
      permission: 'config:read',
      resource: all,
      audit: null,
    }),
    lint: endpoint({
      method: 'POST',
      path: '/api/config/lint',
      summary: 'Check a configuration',
      description: 'Nothing is changed. Line and column of each finding are those of the text that was sent.',
      body: strict({ text }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          ok: Type.Boolean({ description: 'It could be applied: no finding is an error.' }),
          findings: Type.Array(finding),
          pipelines: count,
          topics: count,
        }),
        description: 'What was found.',
      },
      permission: 'config:write',
      resource: all,
      audit: null,
    }),
    differences: endpoint({
      method: 'POST',
      path: '/api/config/differences',
      summary: 'Say what a configuration would change',
      description: 'Compared with what runs now. Nothing is changed.',
      body: strict({ text }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ findings: Type.Array(finding), changes }),
        description: 'What would change.',
      },
      permission: 'config:write',
      resource: all,
      audit: null,
    }),
    apply: endpoint({
      method: 'PUT',
      path: '/api/config',
      summary: 'Write the configuration file',
      description:
        'Replaces the file in one step and keeps what it said before beside it (`.bak`) and as a revision. Running ' +
        'pipelines that did not change go on. Without `"dry_run": false` it only says what would be done.',
      body: strict({
        text,
        base_revision: baseRevision,
        base_hash: Type.Optional(
          nullable(hash, '`hash` of the file that was edited: refused where it says something else by now.'),
        ),
        dry_run: Type.Boolean({
          default: true,
          description: 'Only say what would be done. Send false to do it.',
        }),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          message: Type.String(),
          applied: Type.Boolean(),
          revision: nullable(
            revisionId,
            'The new revision; null where nothing was applied, or it is not taken yet.',
          ),
          backup: nullable(Type.String(), 'File with what it said before.'),
          findings: Type.Array(finding),
          changes,
        }),
        description: 'What was done, or would be.',
      },
      permission: 'config:write',
      resource: all,
      audit: 'config.applied',
      faults: ['CONFLICT', 'CONFIG_INVALID', 'CONFIG_FILE_FIXED'],
    }),
    revisions: endpoint({
      method: 'GET',
      path: '/api/config/revisions',
      summary: 'List revisions of the configuration',
      description: 'Newest first, without their text.',
      query: strict({
        before: Type.Optional({
          ...revisionId,
          description: 'Only older than this one: `next` of the page before.',
        }),
        limit: limit(50),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(revisionSummary),
          count,
          next: nullable(revisionId),
          timestamp,
        }),
        description: 'Revisions.',
      },
      permission: 'config:read',
      resource: all,
      audit: null,
    }),
    revision: endpoint({
      method: 'GET',
      path: '/api/config/revisions/{id}',
      summary: 'Show one revision of the configuration',
      description: 'With the text as it was written, and the one before it to compare with.',
      params: strict({ id: Type.Integer({ minimum: 1, description: 'Number of the revision.' }) }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          ...revisionSummary.properties,
          text,
          previous: nullable(revisionId, 'The revision before it.'),
        }),
        description: 'The revision.',
      },
      permission: 'config:read',
      resource: all,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
  },
})
