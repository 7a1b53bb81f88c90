import { findRealPart } from '../../tools/real-parts.ts'
import { startApacheKafka } from '../support/apache-kafka.ts'
import { startBrokerProcess } from '../support/broker-process.ts'
import { describeWith } from '../support/requires.ts'
import type { MemberClient } from './group-clients.ts'
import { groupPromises } from './group-promises.ts'

const clients: readonly MemberClient[] = ['kafkajs', 'platformatic']
const kcats: readonly MemberClient[] = findRealPart('kcat') === undefined ? [] : ['kcat', 'kcat cooperative']

groupPromises('the embedded broker', () => startBrokerProcess(), [...clients, ...kcats])

describeWith(['apache-kafka'], 'the same of the original:', () => {
  groupPromises('Apache Kafka', () => startApacheKafka({ fsync: true }), clients, ['with SIGKILL'])
})
