/** `sluice db url`: the way into the database for other tools. */
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import { fileArgument, postgresOption, runSettingsOf } from './run-options.ts'

export const dbUrlCommand = defineCommand({
  path: ['db', 'url'],
  summary: 'Print the address of the database',
  description: 'With its password: do not put it where others read it.',
  positionals: [fileArgument],
  options: { postgres: postgresOption },
  examples: [
    { line: 'psql "$(sluice db url)"', says: 'open it with psql' },
    { line: 'sluice db url --json', says: 'for a script' },
  ],
  next: 'sluice up',
  without: ['http'],
  run: async (context, { options, positionals }) => {
    const url = await context.local.databaseUrl(runSettingsOf(positionals[0], context.options, options))
    await printAnswer(context, { url }, () => [url])
  },
})
