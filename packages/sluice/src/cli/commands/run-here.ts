/** Runs a long-lived process of this machine with the terminal at hand. */
import type { CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import type { RunTools } from '../local-commands.ts'
import { createStatusDisplay } from '../status-display.ts'
import { summaryLine } from '../status-view.ts'

/** Resolves to the exit code of what ran; the second Ctrl-C makes it 130. */
export const runHere = async (
  { io, options, signal, hurry }: CommandContext,
  run: (tools: RunTools) => Promise<number>,
): Promise<number> => {
  // Status goes to stderr: stdout is for data, and with --json for snapshots, one a line.
  const person = io.stderrIsTerminal && !options.json
  const display = createStatusDisplay({
    isTerminal: person,
    colour: io.colourErr,
    columns: io.columns,
    rows: io.rows,
    write: io.err,
  })
  signal.addEventListener(
    'abort',
    () => display.say('Draining: what is in flight is delivered first. Ctrl-C again stops at once.'),
    {
      once: true,
    },
  )
  try {
    const code = await run({
      signal,
      hurry,
      person,
      say: (line) => display.say(line),
      show: (snapshot) => {
        const { signIn: _secret, ...told } = snapshot
        if (options.json) void io.out(`${JSON.stringify({ ...told, summary: summaryLine(snapshot) })}\n`)
        else display.show(snapshot)
      },
    })
    return hurry.aborted ? exitCodes.interrupted : code
  } finally {
    display.end()
  }
}
