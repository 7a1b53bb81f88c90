/** Asks before what cannot be undone: the name of the thing on a terminal, `--yes` elsewhere. */
import { fault } from '../kernel/faults/index.ts'
import type { CommandContext } from './command.ts'

export const yesOption = {
  type: 'flag',
  short: 'y',
  description: 'Do it without asking for the name.',
} as const

/** @throws fault USAGE_WRONG where it was not confirmed */
export const confirmByName = async (
  { io }: CommandContext,
  yes: boolean,
  name: string,
  effect: string,
): Promise<void> => {
  if (yes) return
  const help = 'sluice --help'
  if (!io.stdinIsTerminal) {
    throw fault('USAGE_WRONG', { problem: `${effect}. Add --yes to do it`, help })
  }
  const answer = await io.ask(`${effect}. Type ${name} to go on: `)
  if (answer.trim() !== name) throw fault('USAGE_WRONG', { problem: 'Nothing was done', help })
}
