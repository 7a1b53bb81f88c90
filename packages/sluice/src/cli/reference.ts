/** The reference page of the command line, as Markdown, from the definitions of commands. */

import { type Command, globalOptions, type OptionDefinitions } from './command.ts'
import { commands } from './commands/index.ts'
import { exitCodeMeanings } from './exit-codes.ts'
import { optionTerm, optionText, usageOf } from './help.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

const optionTable = (options: OptionDefinitions): string[] => [
  '| Option | Meaning |',
  '|---|---|',
  ...Object.entries(options).map(
    ([name, option]) => `| \`${cell(optionTerm(name, option))}\` | ${cell(optionText(option))} |`,
  ),
]

const commandSection = (command: Command): string[] => [
  `## sluice ${command.path.join(' ')}`,
  '',
  `${command.summary}.`,
  '',
  '```',
  usageOf(command),
  '```',
  '',
  command.description,
  '',
  ...(command.positionals.length === 0
    ? []
    : [
        '| Argument | Meaning |',
        '|---|---|',
        ...command.positionals.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`),
        '',
      ]),
  ...(Object.keys(command.options).length === 0 ? [] : [...optionTable(command.options), '']),
  '```sh',
  ...command.examples.flatMap(({ line, says }) => [`# ${says}`, line]),
  '```',
  '',
]

/** The whole page; the same for the same definitions. */
export const cliReference = (): string =>
  [
    '# Command line',
    '',
    'Data goes to stdout, everything said to people to stderr. Every command takes these options:',
    '',
    ...optionTable(globalOptions),
    '',
    '| Exit code | Meaning |',
    '|---|---|',
    ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    'Commands that speak to a server send the key in `admin.key` of the data directory, or the one in `SLUICE_KEY`.',
    'A browser is signed in by `sluice open`, or by the link that `sluice signin` prints.',
    'Colours are off where the output is no terminal, and with `NO_COLOR`.',
    '',
    ...commands.flatMap(commandSection),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
