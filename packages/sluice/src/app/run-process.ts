/** Runs a long-lived process of this machine with its configuration, its settings and its log. */

import type { RunSettings, RunTools } from '../cli/local-commands.ts'
import type { Configuration } from '../config/configuration.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { createLogger, type Logger, type LogLine } from '../kernel/logger.ts'
import { counted } from '../kernel/plural.ts'
import { createRedact, redactLine } from '../kernel/redact.ts'
import { ConfigurationProblems, loadConfiguration, readConfiguration } from './configuration-file.ts'
import { openLogFile } from './log-file.ts'
import { lineForMachines, lineForPeople } from './log-output.ts'
import { createLogQueue, type LogQueue } from './log-queue.ts'
import type { ProcessOptions } from './process-options.ts'
import { secretsOf } from './secrets.ts'
import { type Settings, settingsOf } from './settings.ts'

export interface Environment {
  readonly env: NodeJS.ProcessEnv
  readonly version: string
}

interface ProcessLog extends Disposable {
  readonly logger: Logger
  readonly queue: LogQueue | null
}

/** A process of `sluice up` logs lines for machines, which its parent reads; any other one for people. */
const openLog = (
  { env }: Environment,
  settings: Settings,
  configuration: Configuration,
  tools: RunTools,
): ProcessLog => {
  const asJson = env['SLUICE_LOG_FORMAT'] === 'json'
  const file = asJson ? null : openLogFile(settings.directory, configuration.log.keepMs)
  const queue = asJson ? null : createLogQueue(systemClock)
  const redact = createRedact(secretsOf(configuration, settings, env))
  const write = (told: LogLine): void => {
    const line = redactLine(told, redact)
    if (asJson) {
      tools.say(lineForMachines(line))
      return
    }
    file?.write(lineForMachines(line))
    queue?.add(line)
    tools.say(configuration.log.format === 'json' ? lineForMachines(line) : lineForPeople(line, false))
  }
  return {
    logger: createLogger(write, systemClock, 'sluice', settings.logLevel),
    queue,
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  }
}

/** Runs a process with its configuration; problems of the file are told one a line. @throws fault CONFIG_INVALID */
export const runProcess = async (
  environment: Environment,
  given: RunSettings,
  tools: RunTools,
  run: (options: ProcessOptions) => Promise<void>,
): Promise<number> => {
  const file = readConfiguration(settingsOf(given))
  try {
    const configuration = loadConfiguration(file, environment.env)
    const settings = settingsOf(given, configuration)
    using log = openLog(environment, settings, configuration, tools)
    const { signal } = tools
    await run({
      settings,
      file,
      configuration,
      ...environment,
      logger: log.logger,
      logQueue: log.queue,
      signal,
      person: tools.person ? (line) => tools.say(line) : null,
      ready: (line) => tools.say(line),
    })
    return 0
  } catch (error) {
    if (!(error instanceof ConfigurationProblems)) throw error
    for (const finding of error.findings) tools.say(finding)
    throw fault('CONFIG_INVALID', { problems: counted(error.findings.length, 'problem') })
  }
}
