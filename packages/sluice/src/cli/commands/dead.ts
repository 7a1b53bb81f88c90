/** `sluice dead`: records that could not be delivered. */
import { readFile } from 'node:fs/promises'
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import type { CommandContext } from '../command.ts'
import { confirmByName, yesOption } from '../confirm.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printHints, printRows } from '../output.ts'
import type { Paint } from '../paint.ts'
import { withTyped } from '../typed.ts'
import { applyOption } from './positions.ts'

const { endpoints } = contract.deadLetters

const pipelineOption = {
  type: 'text',
  short: 'p',
  value: 'PIPELINE',
  description: 'Those of this pipeline.',
} as const

const statuses = ['dead', 'redriving', 'redriven'] as const

/** The words of the page. */
const statusWords = { dead: 'waits', redriving: 'on its way', redriven: 'delivered' } as const

export const deadListCommand = defineCommand({
  path: ['dead', 'list'],
  summary: 'List dead letters, newest first',
  description: 'Without the records themselves: `dead show ID` prints one.',
  positionals: [],
  options: {
    pipeline: pipelineOption,
    status: {
      type: 'text',
      value: 'STATUS',
      choices: statuses,
      description:
        'Only those in this state: `dead` waits, `redriving` is on its way, `redriven` was delivered.',
    },
    before: { type: 'text', value: 'ID', description: 'Only older ones than this: the page after.' },
    limit: {
      type: 'integer',
      short: 'n',
      value: 'NUMBER',
      min: 1,
      max: 1_000,
      default: 50,
      description: 'At most so many.',
    },
  },
  examples: [
    { line: 'sluice dead list', says: 'what waits' },
    { line: 'sluice dead list -p readings --status dead', says: 'of one pipeline' },
  ],
  next: 'sluice doctor',
  run: async (context, { options }) => {
    const status = statuses.find((one) => one === options.status)
    const query = { pipeline: options.pipeline, status, before: options.before, limit: options.limit }
    const answer = await context.client.call(endpoints.list, { query })
    await printRows(
      context,
      answer,
      [
        { title: 'Id', cell: ({ id }) => id, right: true },
        { title: 'Pipeline', cell: ({ pipeline }) => pipeline, least: 8 },
        { title: 'Step', cell: ({ step }) => step, least: 6 },
        {
          title: 'State',
          cell: ({ status }) => ({ text: statusWords[status], tone: status === 'dead' ? 'warn' : 'soft' }),
        },
        {
          title: 'When',
          cell: ({ created_at: at }) => ({ text: at.slice(5, 16).replace('T', ' '), tone: 'soft' }),
        },
        { title: 'Reason', cell: ({ reason }) => reason, least: 16 },
      ],
      'No dead letter: everything was delivered.',
    )
    const one = answer.data.find(({ status: state }) => state === 'dead') ?? answer.data[0]
    printHints(context, [
      ...(one === undefined ? [] : [['Look at one', `sluice dead show ${one.id}`] as const]),
      ...(answer.next === null ? [] : [['More', `sluice dead list --before ${answer.next}`] as const]),
    ])
  },
})

const letterLines = (letter: AnswerOf<typeof endpoints.show>, paint: Paint): string[] => [
  ...factLines(
    [
      ['dead letter', letter.id],
      ['pipeline', letter.pipeline],
      ['refused by', letter.step],
      ['reason', paint('warn', letter.reason)],
      ['code', letter.code],
      ['attempts', String(letter.attempts)],
      ['state', letter.edited ? `${statusWords[letter.status]}, edited` : statusWords[letter.status]],
      ['record', `${letter.lane} number ${letter.number}`],
      ['its time', letter.record_time],
      ['key', letter.key ?? '–'],
      ...letter.headers.map(({ key, value }) => [`header ${key}`, value ?? '–'] as const),
    ],
    paint,
  ),
  '',
  letter.value ?? '(tombstone)',
]

const idArgument = { name: 'ID', description: 'Number of the dead letter.', required: true } as const

export const deadShowCommand = defineCommand({
  path: ['dead', 'show'],
  summary: 'Show one dead letter with its record',
  description: 'Why it was refused, and the record as it came.',
  positionals: [idArgument],
  options: {},
  examples: [
    { line: 'sluice dead show 7', says: 'everything about it' },
    { line: 'sluice dead show 7 --json | jq -r .value > record.json', says: 'the record, to edit it' },
  ],
  next: 'sluice dead list',
  run: async (context, { positionals: [id = ''] }) => {
    const answer = await context.client.call(endpoints.show, { params: { id } })
    await printAnswer(context, answer, letterLines)
    if (answer.status !== 'dead') return
    printHints(context, [
      ['Send it again', `sluice dead redrive ${id}`],
      ['Send it mended', `sluice dead redrive ${id} --value 'NEW VALUE'`],
    ])
  },
})

const wrongUse = (problem: string, command: string): Error =>
  fault('USAGE_WRONG', { problem, help: `sluice dead ${command} --help` })

const readValue = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    throw wrongUse(`--value-file ${file} cannot be read: ${messageOf(error)}`, 'redrive')
  }
}

type Selected =
  | { readonly pipeline: string; readonly ids: undefined }
  | { readonly pipeline: undefined; readonly ids: readonly string[] }

/** Either ids or a whole pipeline, never both: a slip must not redrive everything. */
const selected = (ids: readonly string[], pipeline: string | undefined, command: string): Selected => {
  if (ids.length > 0 && pipeline !== undefined)
    throw wrongUse('Name either ids or --pipeline, not both', command)
  if (pipeline !== undefined) return { pipeline, ids: undefined }
  if (ids.length === 0) throw wrongUse('Name ids, or a pipeline with --pipeline', command)
  return { pipeline: undefined, ids }
}

const printDone = (
  context: CommandContext,
  answer: AnswerOf<typeof endpoints.purge>,
  command: string,
): Promise<void> =>
  printAnswer(context, answer, ({ message, applied }, paint) => [
    message,
    ...(applied ? [] : [`Do it: ${paint('accent', context.typed(`${command} --apply`))}`]),
  ])

export const deadRedriveCommand = defineCommand({
  path: ['dead', 'redrive'],
  summary: 'Send dead letters again, edited or as they were',
  description:
    'Named ones go at once; with `--value` or `--value-file` one goes with a new value. For a whole pipeline it ' +
    'only counts without `--apply`.',
  positionals: [{ name: 'ID', description: 'Numbers of dead letters.', required: false, many: true }],
  options: {
    pipeline: pipelineOption,
    value: { type: 'text', value: 'TEXT', description: 'New value of the record.' },
    'value-file': { type: 'text', value: 'FILE', description: 'File that holds the new value.' },
    apply: applyOption,
  },
  examples: [
    { line: 'sluice dead redrive 7', says: 'as it was, after the cause was mended' },
    { line: 'sluice dead redrive 7 --value-file record.json', says: 'edited' },
    { line: 'sluice dead redrive -p readings --apply', says: 'all of a pipeline' },
  ],
  next: 'sluice dead list',
  run: async (context, { options, positionals }) => {
    const choice = selected(positionals, options.pipeline, 'redrive')
    const file = options['value-file']
    const value = options.value ?? (file === undefined ? undefined : await readValue(file))
    if (value !== undefined && choice.ids?.length !== 1)
      throw wrongUse('A new value goes with exactly one id', 'redrive')
    if (choice.pipeline !== undefined) {
      const body = { pipeline: choice.pipeline, dry_run: !options.apply }
      const answer = await context.client.call(endpoints.redrive_many, { body })
      return printDone(context, answer, `sluice dead redrive -p ${choice.pipeline}`)
    }
    for (const id of choice.ids) {
      const body = value === undefined ? {} : { value }
      const answer = await context.client.call(endpoints.redrive, { params: { id }, body })
      await printAnswer(context, answer, () => [
        withTyped(
          `Dead letter ${id} is on the way again; \`sluice dead show ${id}\` tells how it ended.`,
          context.typed,
        ),
      ])
    }
  },
})

export const deadPurgeCommand = defineCommand({
  path: ['dead', 'purge'],
  summary: 'Remove dead letters for good',
  description:
    'Cannot be undone. Only counts without `--apply`; asks for the name of the pipeline on a terminal.',
  positionals: [
    { name: 'ID', description: 'Numbers of dead letters; all when left out.', required: false, many: true },
  ],
  options: {
    pipeline: { ...pipelineOption, description: 'Whose dead letters; needed.' },
    apply: applyOption,
    yes: yesOption,
  },
  examples: [
    { line: 'sluice dead purge -p readings', says: 'how many there are' },
    { line: 'sluice dead purge -p readings --apply --yes', says: 'without being asked' },
    { line: 'sluice dead purge -p readings 7 8 --apply --yes', says: 'only these' },
  ],
  next: 'sluice dead list',
  run: async (context, { options, positionals }) => {
    const { pipeline, apply, yes } = options
    if (pipeline === undefined) throw wrongUse('--pipeline is missing', 'purge')
    if (apply)
      await confirmByName(context, yes, pipeline, `This removes dead letters of ${pipeline} for good`)
    const ids = positionals.length === 0 ? undefined : [...positionals]
    const answer = await context.client.call(endpoints.purge, { body: { pipeline, ids, dry_run: !apply } })
    await printDone(context, answer, ['sluice dead purge -p', pipeline, ...positionals].join(' '))
  },
})
