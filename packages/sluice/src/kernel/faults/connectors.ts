/** Faults that a connector meets when it is opened or used. */
import { defineFaults } from './define.ts'

export const connectorFaults = defineFaults({
  OPTION_INVALID: {
    http: 422,
    recovery: 'caller',
    says: 'The option {option} of {connector} is wrong: {problem}.',
    fix: 'Change it in the configuration.',
  },
  TOPIC_EXISTS: {
    http: 409,
    recovery: 'caller',
    says: 'There is a topic {topic} already.',
    fix: 'Use it, or choose another name.',
  },
  TOPIC_REFUSED: {
    http: 422,
    recovery: 'caller',
    says: 'Kafka refuses the topic {topic}: {problem}.',
    fix: 'Change the name, the partitions or the settings.',
  },
})
