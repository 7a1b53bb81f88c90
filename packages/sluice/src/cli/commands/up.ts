/** `sluice up`: everything in one, on this machine. */
import { defineCommand } from '../options.adapter.ts'
import { runHere } from './run-here.ts'
import { fileArgument, runOptions, runSettingsOf } from './run-options.ts'

export const upCommand = defineCommand({
  path: ['up'],
  summary: 'Start everything on this machine',
  description:
    'Starts broker and PostgreSQL for what has no address in the configuration, then server and workers, and shows ' +
    'what moves. A changed file is taken over while it runs. Ctrl-C delivers what is in flight and stops; a second ' +
    'one stops at once. Nothing that was acknowledged is lost either way.',
  positionals: [fileArgument],
  options: runOptions,
  examples: [
    { line: 'sluice up', says: 'the quickstart, or ./sluice.yaml where there is one' },
    { line: 'sluice up examples/sensors/sluice.yaml', says: 'a configuration of its own' },
    { line: 'sluice up --http :0 --kafka :0 --postgres :0 --dir /tmp/try', says: 'beside another one' },
  ],
  next: 'sluice doctor',
  run: (context, { options, positionals }) =>
    runHere(context, (tools) =>
      context.local.up(runSettingsOf(positionals[0], context.options, options), tools),
    ),
})
