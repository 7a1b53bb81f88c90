import { errorCodes, FindCoordinator } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { findCoordinator } from './10-find-coordinator.ts'
import { groupBroker } from './group-requests.suite.ts'

const here = { nodeId: 7, host: '127.0.0.1', port: 9092, errorCode: 0 }

describe('FindCoordinator', () => {
  test.each([0, 1, 3])(
    'v%i answers with this broker at the address the client came in on',
    async (version) => {
      const broker = await groupBroker()
      expect(await broker.ask(findCoordinator, FindCoordinator, version, { key: 'readers' })).toMatchObject(
        here,
      )
    },
  )

  test.each([4, 6])('v%i answers key by key', async (version) => {
    const broker = await groupBroker()
    const answer = await broker.ask(findCoordinator, FindCoordinator, version, {
      coordinatorKeys: ['a', 'b'],
    })
    expect(answer.coordinators).toMatchObject([
      { ...here, key: 'a' },
      { ...here, key: 'b' },
    ])
  })

  test('also coordinates transactional ids, but no share groups', async () => {
    const broker = await groupBroker()
    const ask = (keyType: number) =>
      broker.ask(findCoordinator, FindCoordinator, 6, { keyType, coordinatorKeys: ['a'] })
    expect((await ask(1)).coordinators).toMatchObject([here])
    expect((await ask(2)).coordinators).toMatchObject([
      { key: 'a', nodeId: -1, errorCode: errorCodes.INVALID_REQUEST },
    ])
  })
})
