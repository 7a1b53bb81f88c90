import { errorCodes, Heartbeat } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, pair, stable } from '../coordinators/coordinator-rig.suite.ts'
import { heartbeat } from './12-heartbeat.ts'
import { groupBroker } from './group-requests.suite.ts'

describe('Heartbeat', () => {
  test.each([0, 2, 3, 4])(
    'v%i keeps a member alive, and tells strangers that they are none',
    async (version) => {
      const broker = await groupBroker()
      const [one] = await pair(broker.rig)
      const ask = (memberId: string, generationId: number) =>
        broker.ask(heartbeat, Heartbeat, version, { groupId, memberId, generationId })
      expect((await ask(one.memberId, 1)).errorCode).toBe(0)
      expect((await ask(one.memberId, 2)).errorCode).toBe(errorCodes.ILLEGAL_GENERATION)
      expect((await ask('ghost', 1)).errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    },
  )

  test('v3 fences the former self of a static member', async () => {
    const broker = await groupBroker()
    await stable(broker.rig, { instanceId: 'till-1' })
    const request = { groupId, memberId: 'app-old', generationId: 1, groupInstanceId: 'till-1' }
    const answer = await broker.ask(heartbeat, Heartbeat, 3, request)
    expect(answer.errorCode).toBe(errorCodes.FENCED_INSTANCE_ID)
  })
})
