/** The package's front door. */
export { type Advice, catalogue, type KafkaErrorCode } from './errors/catalogue.ts'
export { isKafkaError, KafkaError } from './errors/kafka-error.ts'
