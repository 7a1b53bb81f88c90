/** Options of the commands that run processes here. */
import type { OptionDefinitions, ValuesOf } from '../command.ts'
import type { RunSettings } from '../local-commands.ts'

const addressOption = (name: string, env: string, preset: string, what: string) =>
  ({
    type: 'text',
    value: 'HOST:PORT',
    env,
    default: preset,
    description: `Where ${what} listens; \`--${name} :0\` takes any free port.`,
  }) as const

export const kafkaOption = addressOption(
  'kafka',
  'SLUICE_KAFKA',
  '127.0.0.1:9092',
  'the embedded Kafka broker',
)

export const postgresOption = addressOption(
  'postgres',
  'SLUICE_POSTGRES',
  '127.0.0.1:5433',
  'the embedded PostgreSQL',
)

export const allowRemoteOption = {
  type: 'flag',
  env: 'SLUICE_ALLOW_REMOTE',
  description: 'Listen on addresses that other machines reach, where that is meant.',
} as const

export const logOption = {
  type: 'text',
  value: 'LEVEL',
  env: 'SLUICE_LOG',
  choices: ['debug', 'info', 'warn', 'error'],
  description: 'How much is logged; as the file says when left out.',
} as const

/** Of a process that finds Kafka and PostgreSQL where they are. */
export const processOptions = {
  kafka: kafkaOption,
  postgres: postgresOption,
  log: logOption,
} as const satisfies OptionDefinitions

export const serverOptions = {
  ...processOptions,
  'allow-remote': allowRemoteOption,
} as const satisfies OptionDefinitions

/** Of what starts all the others. */
export const runOptions = {
  ...serverOptions,
  workers: {
    type: 'integer',
    value: 'NUMBER',
    min: 0,
    max: 64,
    description: 'Processes that run pipelines; as the file says when left out.',
  },
} as const satisfies OptionDefinitions

export const fileArgument = {
  name: 'FILE',
  description: 'The configuration; ./sluice.yaml when left out, else the built-in quickstart.',
  required: false,
} as const

/** Options and arguments as settings of a process; what a command does not take is as it is by default. */
export const runSettingsOf = (
  file: string | undefined,
  globals: { readonly http: string | undefined; readonly dir: string },
  options: Partial<ValuesOf<typeof runOptions>>,
): RunSettings => ({
  file: file ?? null,
  directory: globals.dir,
  http: globals.http ?? null,
  kafka: options.kafka ?? kafkaOption.default,
  postgres: options.postgres ?? postgresOption.default,
  allowRemote: options['allow-remote'] ?? false,
  logLevel: options.log ?? null,
  workers: options.workers ?? null,
})
