/** `sluice server`: the API alone. */
import { defineCommand } from '../options.adapter.ts'
import { runHere } from './run-here.ts'
import { fileArgument, runSettingsOf, serverOptions } from './run-options.ts'

export const serverCommand = defineCommand({
  path: ['server'],
  summary: 'Run the API and the sources that receive HTTP',
  description:
    'Needs Kafka and PostgreSQL at the addresses of the configuration. Brings the schema of the database up to date. ' +
    'Several servers may run beside each other.',
  positionals: [fileArgument],
  options: serverOptions,
  examples: [
    { line: 'sluice server sluice.yaml', says: 'with the addresses of the file' },
    { line: 'sluice server sluice.yaml --http 127.0.0.1:8081', says: 'a second one beside it' },
  ],
  next: 'sluice doctor',
  without: ['json'],
  run: (context, { options, positionals }) =>
    runHere(context, (tools) =>
      context.local.server(runSettingsOf(positionals[0], context.options, options), tools),
    ),
})
