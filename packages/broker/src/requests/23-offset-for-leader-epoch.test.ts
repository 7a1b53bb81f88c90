import { errorCodes, OffsetForLeaderEpoch } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { ask, rigWith } from './admin-rig.suite.ts'

test.each([
  {
    says: 'the epoch of now ends with the log',
    asked: { leaderEpoch: 0 },
    gives: { errorCode: 0, leaderEpoch: 0, endOffset: 100n },
  },
  {
    says: 'of a later epoch nothing is known',
    asked: { leaderEpoch: 3 },
    gives: { errorCode: 0, leaderEpoch: -1, endOffset: -1n },
  },
  {
    says: 'of an earlier epoch nothing is known',
    asked: { leaderEpoch: -1 },
    gives: { errorCode: 0, leaderEpoch: -1, endOffset: -1n },
  },
  {
    says: 'a client that knows the leader of now is answered',
    asked: { leaderEpoch: 0, currentLeaderEpoch: 0 },
    gives: { errorCode: 0, endOffset: 100n },
  },
  {
    says: 'a client ahead of the broker is told so',
    asked: { leaderEpoch: 0, currentLeaderEpoch: 1 },
    gives: { errorCode: errorCodes.UNKNOWN_LEADER_EPOCH, endOffset: -1n },
  },
  {
    says: 'a partition that is not there is unknown',
    asked: { leaderEpoch: 0, partition: 7 },
    gives: { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION },
  },
])('$says', async ({ asked, gives }) => {
  const { broker } = rigWith({ name: 'orders', partitions: 1 })
  for (const version of [2, 3, 4]) {
    const topics = [{ topic: 'orders', partitions: [{ partition: 0, ...asked }] }]
    const answer = await ask(offsetForLeaderEpoch, OffsetForLeaderEpoch, version, { topics }, broker)
    expect(answer.topics).toMatchObject([{ topic: 'orders', partitions: [gives] }])
  }
})

test('a topic that is not there is unknown', async () => {
  const topics = [{ topic: 'x', partitions: [{ partition: 0, leaderEpoch: 0 }] }]
  const answer = await ask(offsetForLeaderEpoch, OffsetForLeaderEpoch, 4, { topics }, rigWith().broker)
  expect(answer.topics[0]?.partitions).toMatchObject([{ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }])
})
