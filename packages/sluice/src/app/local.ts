/** The commands that run here, wired: each loads what it needs when it is called. */
import type { LocalCommands, RunSettings, RunTools } from '../cli/local-commands.ts'
import { formatFinding } from '../config/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { createLogger, type Logger, type LogLine } from '../kernel/logger.ts'
import { databaseUrl } from './access.ts'
import {
  ConfigurationProblems,
  checkConfiguration,
  loadConfiguration,
  readConfiguration,
} from './configuration-file.ts'
import { diagnose } from './doctor.ts'
import { openLogFile } from './log-file.ts'
import { lineForMachines, lineForPeople } from './log-output.ts'
import type { ProcessOptions } from './process-options.ts'
import { type Settings, settingsOf } from './settings.ts'

interface Environment {
  readonly env: NodeJS.ProcessEnv
  readonly version: string
}

/** A process of `sluice up` logs lines for machines, which its parent reads; any other one for people. */
const loggerOf = ({ env }: Environment, settings: Settings, tools: RunTools): Logger & Disposable => {
  const asJson = env['SLUICE_LOG_FORMAT'] === 'json'
  const file = asJson ? null : openLogFile(settings.directory)
  const write = (line: LogLine): void => {
    if (asJson) tools.say(lineForMachines(line))
    else {
      file?.write(lineForMachines(line))
      tools.say(lineForPeople(line, false))
    }
  }
  return Object.assign(createLogger(write, systemClock, 'sluice', settings.logLevel), {
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  })
}

/** Runs a process with its configuration; problems of the file are told one a line. */
const withProcess = async (
  environment: Environment,
  given: RunSettings,
  tools: RunTools,
  run: (options: ProcessOptions) => Promise<void>,
): Promise<number> => {
  const file = readConfiguration(settingsOf(given))
  try {
    const configuration = loadConfiguration(file, environment.env)
    const settings = settingsOf(given, configuration)
    using logger = loggerOf(environment, settings, tools)
    const { signal } = tools
    await run({
      settings,
      file,
      configuration,
      ...environment,
      logger,
      signal,
      ready: (line) => tools.say(line),
    })
    return 0
  } catch (error) {
    if (!(error instanceof ConfigurationProblems)) throw error
    for (const finding of error.findings) tools.say(finding)
    throw fault('CONFIG_INVALID', { count: error.findings.length })
  }
}

export const createLocalCommands = (environment: Environment): LocalCommands => ({
  up: (settings, tools) =>
    withProcess(environment, settings, tools, async (options) => {
      const { runUp } = await import('./up.ts')
      await runUp(options, tools)
    }),
  server: (settings, tools) =>
    withProcess(environment, settings, tools, async (options) => {
      const { runServer } = await import('./server.ts')
      await runServer(options)
    }),
  worker: (settings, tools) =>
    withProcess(environment, settings, tools, async (options) => {
      const { runWorker } = await import('./worker.ts')
      await runWorker(options)
    }),
  broker: async (settings, tools) => {
    const { runBroker } = await import('./broker.ts')
    return runBroker(settings, tools)
  },
  lint: async (file) => {
    const text = readConfiguration({ file })
    const { findings, configuration } = checkConfiguration(text, environment.env)
    await Promise.resolve()
    return {
      file: text.path ?? text.fileName,
      findings: findings.map(({ line, column, problem, fix }) => ({
        line,
        column,
        message: fix === '' ? problem : `${problem}; ${fix}`,
      })),
      pipelines: configuration?.pipelines.length ?? 0,
      topics: configuration?.topics.length ?? 0,
    }
  },
  schema: async () => {
    const { configurationSchema } = await import('../config/schema.ts')
    const { sources, sinks } = await import('../connectors/index.ts')
    const { transforms } = await import('../transforms/index.ts')
    return configurationSchema({ sources, sinks, transforms })
  },
  doctor: (settings) => diagnose(settings, environment),
  databaseUrl: async (given) => {
    const settings = settingsOf(given)
    const file = readConfiguration(settings)
    const { configuration, findings } = checkConfiguration(file, environment.env)
    if (configuration === null) {
      throw fault('CONFIG_FILE_MISSING', {
        file: file.fileName,
        problem: findings.map(formatFinding).join('; '),
      })
    }
    return Promise.resolve(databaseUrl(configuration, settings))
  },
})
