/**
 * The commands that run here, wired: each loads what it needs when it is called, so that a command that only asks a
 * server starts fast.
 */
import type { LocalCommands } from '../cli/local-commands.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Environment } from './run-process.ts'

export const createLocalCommands = (environment: Environment): LocalCommands => ({
  up: async (settings, tools) => {
    const [{ runProcess }, { runUp }] = await Promise.all([import('./run-process.ts'), import('./up.ts')])
    return runProcess(environment, settings, tools, (options) => runUp(options, tools))
  },
  server: async (settings, tools) => {
    const [{ runProcess }, { runServer }] = await Promise.all([
      import('./run-process.ts'),
      import('./server.ts'),
    ])
    return runProcess(environment, settings, tools, runServer)
  },
  worker: async (settings, tools) => {
    const [{ runProcess }, { runWorker }] = await Promise.all([
      import('./run-process.ts'),
      import('./worker.ts'),
    ])
    return runProcess(environment, settings, tools, runWorker)
  },
  broker: async (settings, tools) => {
    const { runBroker } = await import('./broker.ts')
    return runBroker(settings, tools)
  },
  lint: async (file) => {
    const { checkConfiguration, readConfiguration } = await import('./configuration-file.ts')
    const text = readConfiguration({ file })
    const { findings, configuration } = checkConfiguration(text, environment.env)
    return {
      file: text.fileName,
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
  doctor: async (settings) => {
    const { diagnose } = await import('./doctor.ts')
    return diagnose(settings, environment)
  },
  openInBrowser: async (file) => {
    const { openInBrowser } = await import('./browser.ts')
    return openInBrowser(file, environment.env)
  },
  databaseUrl: async (given) => {
    const { checkConfiguration, readConfiguration } = await import('./configuration-file.ts')
    const { formatFinding } = await import('../config/index.ts')
    const { databaseUrl } = await import('./access.ts')
    const { settingsOf } = await import('./settings.ts')
    const settings = settingsOf(given)
    const file = readConfiguration(settings)
    const { configuration, findings } = checkConfiguration(file, environment.env)
    if (configuration === null) {
      throw fault('CONFIG_FILE_MISSING', {
        file: file.fileName,
        problem: findings.map(formatFinding).join('; '),
      })
    }
    return databaseUrl(configuration, settings)
  },
})
