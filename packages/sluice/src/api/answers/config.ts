/** Answers of `config`: the file as it is written, checked, compared and replaced; never with a secret put in. */
import type { Answers } from '../../contract/answers.ts'
import type { configResource } from '../../contract/config.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { ConfigurationChanges, ConfigurationFile, ConfigurationFinding, RevisionRow } from '../ports.ts'

const findingBody = ({ line, column, severity, problem, fix }: ConfigurationFinding) => ({
  line,
  column,
  severity,
  problem,
  fix,
})

const namesBody = ({ added, changed, removed }: ConfigurationChanges['topics']) => ({
  added: [...added],
  changed: [...changed],
  removed: [...removed],
})

const changesBody = (changes: ConfigurationChanges | null) =>
  changes === null
    ? null
    : {
        pipelines: { ...namesBody(changes.pipelines), restarted: [...changes.pipelines.restarted] },
        topics: namesBody(changes.topics),
        restart: [...changes.restart],
      }

const revisionBody = (
  { id, createdAtMs, createdBy, sizeBytes }: RevisionRow,
  newest: number | undefined,
) => ({
  id,
  created_at: new Date(createdAtMs).toISOString(),
  created_by: createdBy,
  size_bytes: sizeBytes,
  newest: id === newest,
})

const errorsIn = (findings: readonly ConfigurationFinding[]): number =>
  findings.filter(({ severity }) => severity === 'error').length

/** What a change does, in a sentence. */
const effectText = (changes: ConfigurationChanges | null): string => {
  if (changes === null) return 'it has errors'
  const parts = (['pipelines', 'topics'] as const).flatMap((kind) =>
    (['added', 'changed', 'removed'] as const).flatMap((how) => {
      const { length } = changes[kind][how]
      return length === 0 ? [] : [`${counted(length, kind.slice(0, -1))} ${how}`]
    }),
  )
  const later = changes.restart.length === 0 ? [] : [`${changes.restart.join(', ')} at the next start`]
  const all = [...parts, ...later]
  return all.length === 0 ? 'nothing that runs changes' : all.join(', ')
}

export const configAnswers = (file: ConfigurationFile, clock: Clock): Answers<typeof configResource> => ({
  show: async () => {
    const state = await file.show()
    return {
      text: state.text,
      file: state.file,
      revision: state.revision,
      hash: state.hash,
      editable: state.notEditableBecause === null,
      not_editable_because: state.notEditableBecause,
      restart_required: [...state.restartRequired],
      findings: state.findings.map(findingBody),
      timestamp: new Date(clock.now()).toISOString(),
    }
  },
  lint: async ({ body }) => {
    const { findings, pipelines, topics } = await file.check(body.text)
    return { ok: errorsIn(findings) === 0, findings: findings.map(findingBody), pipelines, topics }
  },
  differences: async ({ body }) => {
    const { findings, changes } = await file.check(body.text)
    return { findings: findings.map(findingBody), changes: changesBody(changes) }
  },
  apply: async ({ body }) => {
    const base = { revision: body.base_revision ?? null, hash: body.base_hash ?? null }
    const { findings, changes } = await file.check(body.text)
    const told = { findings: findings.map(findingBody), changes: changesBody(changes) }
    if (body.dry_run) {
      await file.ready(base)
      const message = `Nothing is changed yet: ${effectText(changes)}.`
      return { message, applied: false, revision: null, backup: null, ...told }
    }
    const errors = errorsIn(findings)
    if (errors > 0) throw fault('CONFIG_INVALID', { problems: counted(errors, 'problem') })
    const { backup, revision } = await file.write(body.text, base)
    const name = revision === null ? 'It is written, and not taken yet' : `Revision ${revision} is applied`
    return { message: `${name}: ${effectText(changes)}.`, applied: true, revision, backup, ...told }
  },
  revisions: async ({ query }) => {
    const before = query.before ?? null
    const [rows, [newest]] = await Promise.all([
      file.revisions(before, query.limit + 1),
      file.revisions(null, 1),
    ])
    const data = rows.slice(0, query.limit).map((row) => revisionBody(row, newest?.id))
    return {
      data,
      count: data.length,
      next: rows.length > query.limit ? (data.at(-1)?.id ?? null) : null,
      timestamp: new Date(clock.now()).toISOString(),
    }
  },
  revision: async ({ params }) => {
    const [row, [newest]] = await Promise.all([file.revision(params.id), file.revisions(null, 1)])
    if (row === null) throw fault('NOT_FOUND', { kind: 'revision', name: String(params.id) })
    return { ...revisionBody(row, newest?.id), text: row.text, previous: row.previous }
  },
})
