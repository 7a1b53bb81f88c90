/** `sluice broker`: the embedded Kafka broker alone, under the same supervision as in `sluice up`. */
import type { BrokerSettings, RunTools } from '../cli/local-commands.ts'
import { addressText, startEmbedded } from '../embedded/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { createLogger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import { lineForPeople } from './log-output.ts'
import { parseListen } from './settings.ts'
import { untilAborted } from './signals.ts'

/** Resolves when it was asked to end and the broker has drained. */
export const runBroker = async (settings: BrokerSettings, tools: RunTools): Promise<number> => {
  const logger = createLogger((line) => tools.say(lineForPeople(line, false)), systemClock, 'sluice', 'info')
  await using embedded = await startEmbedded(
    {
      directory: settings.directory,
      broker: { listen: parseListen('kafka', settings.kafka), durability: 'commit' },
    },
    { logger, clock: systemClock, random: seededRandom(process.pid) },
  )
  if (embedded.broker !== undefined) {
    tools.say(`Kafka broker listening on ${addressText(embedded.broker.listen)}`)
  }
  const failed = embedded.failed.then((error) => {
    throw error
  })
  await Promise.race([untilAborted(tools.signal), failed])
  return 0
}
