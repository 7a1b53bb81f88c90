import { startApacheKafka } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { startBrokerProcess } from './broker-process.ts'
import { groupWirePromises } from './group-wire-promises.ts'

groupWirePromises('the embedded broker', () => startBrokerProcess())

describeWith(['apache-kafka'], 'the same of the original:', () => {
  groupWirePromises('Apache Kafka', () => startApacheKafka({ fsync: true }))
})
