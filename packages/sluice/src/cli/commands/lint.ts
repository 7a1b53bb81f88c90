/** `sluice lint`: what is wrong with a configuration, place by place. */
import { counted } from '../../kernel/plural.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import { fileArgument } from './run-options.ts'

export const lintCommand = defineCommand({
  path: ['lint'],
  summary: 'Check a configuration',
  description:
    'Names every problem with its place, what is wrong and what would be right. Starts and changes nothing. Exit ' +
    'code 2 where there is a problem.',
  positionals: [fileArgument],
  options: {},
  examples: [
    { line: 'sluice lint', says: 'check ./sluice.yaml' },
    { line: 'sluice lint other.yaml --json', says: 'for an editor or a script' },
  ],
  next: 'sluice schema',
  without: ['http', 'dir'],
  run: async (context, { positionals }) => {
    const report = await context.local.lint(positionals[0] ?? null)
    const { file, findings } = report
    await printAnswer(context, report, (_, paint) =>
      findings.length === 0
        ? [
            `${paint('ok', '✓')} ${file}: ${counted(report.pipelines, 'pipeline')}, ${counted(report.topics, 'topic')}, nothing wrong`,
          ]
        : findings.map(
            ({ line, column, message }) => `${paint('strong', `${file}:${line}:${column}`)}: ${message}`,
          ),
    )
    return findings.length === 0 ? exitCodes.ok : exitCodes.usage
  },
})
