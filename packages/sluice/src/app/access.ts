/** How this process reaches Kafka and PostgreSQL: what the file says, or the embedded parts' addresses. */
import { readFileSync } from 'node:fs'
import type { Configuration } from '../config/configuration.ts'
import type { KafkaAccess } from '../flow/connector.ts'
import { fault } from '../kernel/faults/index.ts'
import { addressOf, passwordFileOf, type Settings } from './settings.ts'

export const kafkaAccess = (configuration: Configuration, settings: Settings): KafkaAccess => {
  const clientId = configuration.namespace
  return configuration.kafka === 'embedded'
    ? { brokers: [addressOf(settings.kafka)], tls: false, sasl: null, clientId }
    : { ...configuration.kafka, clientId }
}

/** The address of the database. Secret. @throws fault UNAVAILABLE where the embedded one was never started */
export const databaseUrl = (configuration: Configuration, settings: Settings): string => {
  if (configuration.database !== 'embedded') return configuration.database.url
  const file = passwordFileOf(settings.directory)
  try {
    const password = readFileSync(file, 'utf8').trim()
    return `postgres://sluice:${encodeURIComponent(password)}@${addressOf(settings.postgres)}/sluice`
  } catch (error) {
    const problem = `there is no password in ${file}; \`sluice up\` makes it`
    throw fault('UNAVAILABLE', { what: 'The embedded PostgreSQL', problem }, error)
  }
}
