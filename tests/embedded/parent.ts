/** A supervisor of its own for the tests: starts PostgreSQL and a child, tells their numbers, waits to be killed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '../../packages/sluice/src/embedded/index.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { messageOf } from '../../packages/sluice/src/kernel/faults/index.ts'
import { createLogger } from '../../packages/sluice/src/kernel/logger.ts'

const directory = process.argv[2] ?? ''
const logger = createLogger(
  (line) => console.log(JSON.stringify({ said: line.message })),
  systemClock,
  'parent',
)

try {
  const embedded = await startEmbedded(
    { directory, postgres: { listen: { host: '127.0.0.1', port: 0 } } },
    { logger, clock: systemClock, random: Math.random },
  )
  const file = join(directory, 'child.ts')
  writeFileSync(file, `console.log('ready'); setInterval(() => {}, 1000)`)
  const child = await embedded.start({ name: 'child', file, args: [], readyLine: /ready/ })
  const { url, process: postgres } = embedded.postgres ?? {}
  console.log(JSON.stringify({ url, postgres: postgres?.pid(), child: child.pid() }))
  process.once('SIGTERM', () => {
    void embedded.stop().then(() => process.exit(0))
  })
} catch (error) {
  console.log(JSON.stringify({ refused: messageOf(error) }))
  process.exitCode = 1
}
