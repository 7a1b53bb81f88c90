import { startApacheKafka } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { brokerPromises } from './promises.ts'

describeWith(['apache-kafka'], 'Apache Kafka', () => {
  brokerPromises(() => startApacheKafka())
})
