/** `sluice config`: the configuration file of a running server: show, lint, diff, apply, revisions. */
import { readFile } from 'node:fs/promises'
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer, printRows } from '../output.ts'
import type { Paint } from '../paint.ts'

const { endpoints } = contract.config

type Finding = AnswerOf<typeof endpoints.lint>['findings'][number]
type Changes = AnswerOf<typeof endpoints.differences>['changes']

const defaultFile = 'sluice.yaml'

const newFileArgument = {
  name: 'FILE',
  description: 'The configuration to look at; ./sluice.yaml when left out, `-` for what comes on stdin.',
  required: false,
} as const

const chunksOf = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** The text of a file, or of stdin. @throws fault CONFIG_FILE_MISSING */
const textOf = async ({ io }: CommandContext, file: string): Promise<string> => {
  if (file === '-') return chunksOf(io.stdin)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw fault('CONFIG_FILE_MISSING', { file, problem: messageOf(error) }, error)
  }
}

const findingLines = (file: string, findings: readonly Finding[], paint: Paint): string[] =>
  findings.map(({ line, column, severity, problem, fix }) => {
    const word = severity === 'warning' ? paint('warn', 'warning: ') : ''
    return `${paint('strong', `${file}:${line}:${column}`)}: ${word}${problem}${fix === '' ? '' : `; ${fix}`}`
  })

const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error')

const marks = [
  ['added', '+', 'ok'],
  ['changed', '~', 'warn'],
  ['removed', '-', 'bad'],
] as const

/** What changes, a line each: `+ pipeline orders`. */
const changeLines = (changes: Changes, paint: Paint): string[] => {
  if (changes === null) return []
  const lines = (['pipelines', 'topics'] as const).flatMap((kind) =>
    marks.flatMap(([how, mark, tone]) =>
      changes[kind][how].map((name) => {
        const again = kind === 'pipelines' && changes.pipelines.restarted.includes(name)
        const effect = again ? paint('soft', '  stops, and starts again from its positions') : ''
        return `${paint(tone, mark)} ${kind.slice(0, -1)} ${name}${effect}`
      }),
    ),
  )
  const later = changes.restart.map(
    (name) => `${paint('warn', '~')} ${name}${paint('soft', '  taken at the next start of Sluice')}`,
  )
  return [...lines, ...later]
}

export const configShowCommand = defineCommand({
  path: ['config', 'show'],
  summary: 'Print the configuration of the server, or an earlier revision',
  description:
    'As it is written: variables stay as they stand there, and no secret is printed. What is to be said about it ' +
    'goes to stderr.',
  positionals: [
    {
      name: 'REVISION',
      description: 'Number of a revision; the file as it is now when left out.',
      required: false,
    },
  ],
  options: {},
  examples: [
    { line: 'sluice config show', says: 'the file of the server' },
    { line: 'sluice config show 12 > sluice.yaml', says: 'what it said at revision 12' },
  ],
  next: 'sluice config revisions',
  run: async (context, { positionals: [revision] }) => {
    const { client, io, options } = context
    if (revision !== undefined) {
      const answer = await client.call(endpoints.revision, { params: { id: Number(revision) } })
      await io.out(options.json ? `${JSON.stringify(answer, null, 2)}\n` : answer.text)
      return
    }
    const answer = await client.call(endpoints.show)
    await io.out(options.json ? `${JSON.stringify(answer, null, 2)}\n` : answer.text)
    if (options.json || !io.stdoutIsTerminal) return
    const name = answer.file ?? 'the built-in quickstart'
    io.err(`\n${name}, revision ${answer.revision ?? '–'}\n`)
    if (answer.not_editable_because !== null) io.err(`Not editable: ${answer.not_editable_because}\n`)
    if (answer.restart_required.length > 0)
      io.err(`Waits for the next start: ${answer.restart_required.join(', ')}\n`)
  },
})

export const configLintCommand = defineCommand({
  path: ['config', 'lint'],
  summary: 'Check a configuration as the server would',
  description:
    'With the variables, secrets and files that the server sees; `sluice lint` checks with those of this terminal. ' +
    'Changes nothing. Exit code 2 where there is an error.',
  positionals: [newFileArgument],
  options: {},
  examples: [
    { line: 'sluice config lint', says: 'check ./sluice.yaml' },
    { line: 'sluice config lint new.yaml --json', says: 'for a script' },
  ],
  next: 'sluice lint',
  run: async (context, { positionals: [file = defaultFile] }) => {
    const text = await textOf(context, file)
    const answer = await context.client.call(endpoints.lint, { body: { text } })
    const fine = `${file}: ${counted(answer.pipelines, 'pipeline')}, ${counted(answer.topics, 'topic')}, nothing wrong`
    await printAnswer(context, answer, ({ findings }, paint) =>
      findings.length === 0 ? [`${paint('ok', '✓')} ${fine}`] : findingLines(file, findings, paint),
    )
    return answer.ok ? exitCodes.ok : exitCodes.usage
  },
})

export const configDiffCommand = defineCommand({
  path: ['config', 'diff'],
  summary: 'Say what a configuration would change',
  description: 'Compared with what runs now, by pipeline and topic. Changes nothing.',
  positionals: [newFileArgument],
  options: {},
  examples: [
    { line: 'sluice config diff', says: 'what ./sluice.yaml would change' },
    { line: 'sluice config show 12 | sluice config diff -', says: 'what going back would change' },
  ],
  next: 'sluice config lint',
  run: async (context, { positionals: [file = defaultFile] }) => {
    const text = await textOf(context, file)
    const answer = await context.client.call(endpoints.differences, { body: { text } })
    await printAnswer(context, answer, ({ changes, findings }, paint) => [
      ...findingLines(file, findings, paint),
      ...(changes !== null && changeLines(changes, paint).length === 0
        ? ['Nothing that runs changes.']
        : changeLines(changes, paint)),
    ])
    return hasErrors(answer.findings) ? exitCodes.usage : exitCodes.ok
  },
})

/** @throws fault USAGE_WRONG */
const revisionOf = (text: string | undefined): number | null => {
  if (text === undefined) return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw fault('USAGE_WRONG', { problem: `--base ${text} is no revision`, help: 'sluice config apply --help' })
}

export const configApplyCommand = defineCommand({
  path: ['config', 'apply'],
  summary: "Replace the server's configuration file",
  description:
    'Checked first; a file with errors changes nothing. What it said before stays beside it (`.bak`) and as a ' +
    'revision. Pipelines that did not change go on. With `--base` it is refused where somebody was faster.',
  positionals: [newFileArgument],
  options: {
    base: { type: 'text', value: 'REVISION', description: 'The revision that was edited.' },
    'dry-run': { type: 'flag', description: 'Only say what would be done.' },
  },
  examples: [
    { line: 'sluice config apply new.yaml --dry-run', says: 'what it would change' },
    { line: 'sluice config apply new.yaml --base 12', says: 'unless there is a newer one than 12' },
    { line: 'sluice config show 11 | sluice config apply -', says: 'back to an earlier one' },
  ],
  next: 'sluice config lint',
  run: async (context, { options, positionals: [file = defaultFile] }) => {
    const { client } = context
    const text = await textOf(context, file)
    const checked = await client.call(endpoints.lint, { body: { text } })
    if (!checked.ok) {
      await printAnswer(context, checked, ({ findings }, paint) => findingLines(file, findings, paint))
      return exitCodes.usage
    }
    const body = { text, base_revision: revisionOf(options.base), dry_run: options['dry-run'] }
    const answer = await client.call(endpoints.apply, { body })
    await printAnswer(context, answer, ({ changes, findings, message, backup }, paint) => [
      ...findingLines(file, findings, paint),
      ...changeLines(changes, paint),
      message,
      ...(backup === null ? [] : [paint('soft', `Before: ${backup}`)]),
    ])
    return exitCodes.ok
  },
})

export const configRevisionsCommand = defineCommand({
  path: ['config', 'revisions'],
  summary: 'List what the configuration said before',
  description: 'Newest first. `sluice config show REVISION` prints one.',
  positionals: [],
  options: {
    before: {
      type: 'integer',
      value: 'REVISION',
      min: 1,
      max: 2_147_483_647,
      description: 'Only older ones.',
    },
    limit: {
      type: 'integer',
      short: 'n',
      value: 'NUMBER',
      min: 1,
      max: 1_000,
      default: 20,
      description: 'At most so many.',
    },
  },
  examples: [{ line: 'sluice config revisions', says: 'the last 20' }],
  next: 'sluice config show',
  run: async (context, { options }) => {
    const query = { before: options.before, limit: options.limit }
    const answer = await context.client.call(endpoints.revisions, { query })
    await printRows(
      context,
      answer,
      [
        { title: 'Revision', cell: ({ id }) => String(id), right: true },
        { title: 'Made', cell: ({ created_at: at }) => at.slice(0, 19).replace('T', ' ') },
        { title: 'By', cell: ({ created_by: by }) => by, least: 10, keepEnd: true },
        { title: 'Bytes', cell: ({ size_bytes: bytes }) => String(bytes), right: true },
        { title: '', cell: ({ newest }) => (newest ? { text: 'newest', tone: 'ok' } : '') },
      ],
      'No revision yet: the server keeps one when it starts. Look: sluice doctor',
    )
  },
})
