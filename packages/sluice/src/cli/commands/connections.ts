/** `sluice connections`: what Sluice is connected to, and whether it answers. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printRows } from '../output.ts'
import type { Paint } from '../paint.ts'
import type { Cell } from '../table.ts'
import { durationText } from '../words.ts'

const { endpoints } = contract.connections

type Connection = AnswerOf<typeof endpoints.test>

const stateOf = ({ ok }: Connection): Cell => {
  if (ok === null) return { text: '· not tested', tone: 'soft' }
  return ok ? { text: '✓ answers', tone: 'ok' } : { text: '✕ does not answer', tone: 'bad' }
}

export const connectionsListCommand = defineCommand({
  path: ['connections', 'list'],
  summary: 'List what Sluice is connected to',
  description: 'Each with its last test. `sluice connections test` makes a round trip to every one.',
  positionals: [],
  options: {},
  examples: [{ line: 'sluice connections', says: 'where everything is' }],
  next: 'sluice connections test',
  run: async (context) => {
    const answer = await context.client.call(endpoints.list)
    await printRows(
      context,
      answer,
      [
        { title: 'Name', cell: ({ name }) => name, least: 8 },
        { title: 'Address', cell: ({ address }) => address, least: 12 },
        { title: 'Pipelines', cell: ({ used_by: users }) => String(users.length), right: true },
        { title: 'Last test', cell: stateOf },
        { title: 'In', cell: ({ latency_ms: ms }) => durationText(ms), right: true },
      ],
      'No connection. Look: sluice doctor',
    )
  },
})

const testLines = (one: Connection, paint: Paint): string[] => {
  const mark = one.ok === true ? paint('ok', '✓') : paint('bad', '✕')
  const took = one.ok === true ? `answers in ${durationText(one.latency_ms)}` : (one.problem ?? '')
  return [
    `${mark} ${paint('strong', one.name)} ${one.address}: ${took}`,
    ...(one.fix === null ? [] : [`    ${paint('accent', one.fix)}`]),
    ...factLines(
      one.facts.map(({ name, value }) => [`  ${name}`, value] as const),
      paint,
    ),
  ]
}

export const connectionsTestCommand = defineCommand({
  path: ['connections', 'test'],
  summary: 'Make a round trip to one connection, or to all',
  description:
    'The server connects anew and asks. Says what it told of itself, or what is wrong and what to do. Exit code 1 ' +
    'where one does not answer.',
  positionals: [{ name: 'NAME', description: 'As listed; all when left out.', required: false }],
  options: {},
  examples: [
    { line: 'sluice connections test', says: 'all of them' },
    { line: 'sluice connections test kafka', says: 'only Kafka' },
  ],
  next: 'sluice connections list',
  run: async (context, { positionals: [name] }) => {
    const { client } = context
    const names =
      name === undefined ? (await client.call(endpoints.list)).data.map((one) => one.name) : [name]
    const data = await Promise.all(names.map((one) => client.call(endpoints.test, { params: { name: one } })))
    const bad = data.filter(({ ok }) => ok !== true).length
    await printAnswer(context, { data, count: data.length, failed: bad }, (_, paint) =>
      data.flatMap((one) => testLines(one, paint)),
    )
    return bad === 0 ? exitCodes.ok : exitCodes.failed
  },
})
