/** The embedded Kafka broker: our own, as a child process, never on the application's event loop. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { nodeProcessPlan } from './node-process.ts'
import { addressText, freeAddress, type ListenAddress } from './ports.ts'
import { type SupervisedProcess, type SupervisionContext, supervise } from './process.ts'

export interface BrokerOptions {
  /** The data directory of Sluice; the broker has a folder of its own in it. */
  readonly directory: string
  /** Port 0 takes any free one. */
  readonly listen: ListenAddress
  /** When a record counts as stored: each commit (fsync before the answer), now and then, or left to the system. */
  readonly durability: 'commit' | 'interval' | 'os'
}

export interface EmbeddedBroker {
  readonly listen: ListenAddress
  /** What clients take as bootstrap server. */
  readonly address: string
  readonly process: SupervisedProcess
}

/** The main file of the broker package: what it exports as `./main`. */
const brokerMain = (): string => createRequire(import.meta.url).resolve('sluice-broker/main')

/**
 * Starts the broker in `directory`. Throws PORT_TAKEN, ADDRESS_UNUSABLE, PART_NOT_STARTED.
 * @param settled called with the address before anything listens there
 */
export const startEmbeddedBroker = async (
  options: BrokerOptions,
  parent: SupervisionContext,
  settled: (listen: ListenAddress) => void = () => undefined,
): Promise<EmbeddedBroker> => {
  const context = { ...parent, logger: parent.logger.of('broker') }
  const listen = await freeAddress(options.listen, 'the Kafka broker', '--kafka (SLUICE_KAFKA)')
  settled(listen)
  const address = addressText(listen)
  const plan = nodeProcessPlan(
    {
      name: 'Kafka broker',
      file: brokerMain(),
      args: [
        '--listen',
        address,
        '--dir',
        join(options.directory, 'kafka'),
        '--durability',
        options.durability,
      ],
      readyLine: /listening/i,
      line: (line) => context.logger.debug(line),
    },
    context.clock,
  )
  return { listen, address, process: await supervise(plan, context) }
}
