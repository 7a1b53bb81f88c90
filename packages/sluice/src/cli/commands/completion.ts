/** `sluice completion`: teaches a shell the commands. */
import { fault } from '../../kernel/faults/index.ts'
import { completionScript, shells } from '../completion.ts'
import { defineCommand } from '../options.adapter.ts'

export const completionCommand = defineCommand({
  path: ['completion'],
  summary: 'Print a script that completes commands in a shell',
  description: 'For bash, zsh and fish: words of commands, options, and values where they are known.',
  positionals: [{ name: 'SHELL', description: '`bash`, `zsh` or `fish`.', required: true }],
  options: {},
  examples: [
    { line: 'source <(sluice completion bash)', says: 'in bash, or in ~/.bashrc; the same with zsh' },
    { line: 'sluice completion fish | source', says: 'in fish' },
  ],
  next: 'sluice completion --help',
  without: ['http', 'dir', 'json'],
  run: async ({ io, commands }, { positionals: [wanted] }) => {
    const shell = shells.find((one) => one === wanted)
    if (shell === undefined) {
      const problem = `${JSON.stringify(wanted)} is none of ${shells.join(', ')}`
      throw fault('USAGE_WRONG', { problem, help: 'sluice completion --help' })
    }
    await io.out(completionScript(shell, commands))
  },
})
