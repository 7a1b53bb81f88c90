/** `sluice worker`: a process that runs pipelines. */
import { defineCommand } from '../options.adapter.ts'
import { runHere } from './run-here.ts'
import { fileArgument, processOptions, runSettingsOf } from './run-options.ts'

export const workerCommand = defineCommand({
  path: ['worker'],
  summary: 'Run pipelines',
  description:
    'Needs Kafka and PostgreSQL at the addresses of the configuration, and a server that brought the schema up to ' +
    'date. Start as many as wanted, on any machine: they share the work, and take over from one that is gone.',
  positionals: [fileArgument],
  options: processOptions,
  examples: [{ line: 'sluice worker sluice.yaml', says: 'one more process for the pipelines of the file' }],
  next: 'sluice doctor',
  without: ['http', 'json'],
  run: (context, { options, positionals }) =>
    runHere(context, (tools) =>
      context.local.worker(runSettingsOf(positionals[0], context.options, options), tools),
    ),
})
