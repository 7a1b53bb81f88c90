import { describe } from 'vitest'
import { findRealPart } from '../../tools/real-parts.ts'
import { startApacheKafka } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { startBrokerProcess } from './broker-process.ts'
import type { MemberClient } from './group-clients.ts'
import { groupPromises } from './group-promises.ts'

const clients: readonly MemberClient[] = ['kafkajs', 'platformatic']
const kcats: readonly MemberClient[] = findRealPart('kcat') === undefined ? [] : ['kcat', 'kcat cooperative']

groupPromises('the embedded broker', () => startBrokerProcess(), {
  clients: [...clients, ...kcats],
  // kcat ends when its only broker is away.
  enduring: clients,
  endings: ['in good order', 'with SIGKILL'],
})

// Here both sides are somebody else's: it shows that a promise can be kept, and clients do stall now and then when
// Apache Kafka comes back. The embedded broker above has to keep each promise at the first try.
const reference = { retry: 2 }

describeWith(['apache-kafka'], 'the same of the original:', () => {
  describe('with another try', reference, () => {
    groupPromises('Apache Kafka', () => startApacheKafka({ fsync: true }), {
      clients,
      // Apache Kafka is away for ten seconds and leads nothing at first; kafkajs reads some partitions no more then.
      enduring: ['platformatic'],
      endings: ['with SIGKILL'],
    })
  })
})
