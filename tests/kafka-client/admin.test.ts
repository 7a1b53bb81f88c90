/** What the admin asks of a cluster and changes in it, where that is not tried by the connectors' tests already. */
import { openKafka } from 'sluice-kafka-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeBrokers, newTopic, produce, uniqueName } from '../kafka/brokers.ts'
import { type ApacheKafka, startApacheKafka } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { TestMember, untilHolds } from './members.ts'

const values = ['a', 'b', 'c', 'd', 'e']

describeBrokers('the admin', (at, broker) => {
  test('deletes records up to an offset, and up to the end', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    for (const partition of [0, 1]) await produce(at(), topic, values, { partition })
    await using kafka = openKafka({ brokers: at().address })
    const admin = kafka.admin()
    const first = await admin.deleteRecords(
      topic,
      new Map<number, bigint | 'latest'>([
        [0, 2n],
        [1, 'latest'],
      ]),
    )
    expect([...first].toSorted(([a], [b]) => a - b)).toEqual([
      [0, 2n],
      [1, 5n],
    ])
    const state = await admin.topic(topic)
    expect(state?.partitions.map(({ earliest, latest }) => [earliest, latest])).toEqual([
      [2n, 5n],
      [5n, 5n],
    ])
    await expect(admin.deleteRecords(topic, new Map([[0, 50n]]))).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
    })
    await expect(admin.deleteRecords(uniqueName('none'), new Map([[0, 1n]]))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
    })
  })

  test('tells what the disks hold', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, values)
    await using kafka = openKafka({ brokers: at().address })
    const directories = await kafka.admin().logDirectories()
    const held = directories.flatMap(({ partitions }) => partitions).filter((each) => each.topic === topic)
    expect(held).toMatchObject([{ partition: 0, lag: 0n }])
    expect(held[0]?.sizeBytes).toBeGreaterThan(0n)
  })

  const protocols = broker === 'Apache Kafka' ? (['classic', 'consumer'] as const) : (['classic'] as const)
  test.each(protocols)(
    'tells the members of a group of the %s protocol, and what they have',
    async (protocol) => {
      const topic = await newTopic(at(), { partitions: 3 })
      const group = uniqueName('group')
      await using member = new TestMember(at().address, 'somebody', { group, topics: [topic], protocol })
      await untilHolds('it has all', () => member.partitions.length === 3)
      await member.membership.commit([{ topic, partition: 1, offset: 4n }])
      await using kafka = openKafka({ brokers: at().address })
      const admin = kafka.admin()
      const state = await admin.group(group)
      expect(state).toMatchObject({
        state: 'Stable',
        members: [{ clientId: 'somebody', host: '127.0.0.1', topics: [topic] }],
        offsets: [{ topic, partition: 1, committed: 4n }],
      })
      expect(state?.members[0]?.partitions.toSorted((a, b) => a.partition - b.partition)).toEqual(
        [0, 1, 2].map((partition) => ({ topic, partition })),
      )
      expect((await admin.groups()).map(({ name }) => name)).toContain(group)
    },
  )
})

describeWith(['apache-kafka'], 'access rules', () => {
  let kafka: ApacheKafka
  beforeAll(async () => {
    kafka = await startApacheKafka({
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    })
  })
  afterAll(async () => {
    await kafka.stop()
  })

  test('are made, listed by what a filter names, and removed', async () => {
    await using client = openKafka({ brokers: kafka.address })
    const admin = client.admin()
    const rule = {
      resource: 'topic',
      name: 'orders',
      pattern: 'prefixed',
      principal: 'User:alice',
      host: '*',
      operation: 'read',
      permission: 'allow',
    } as const
    const other = { ...rule, principal: 'User:bob', operation: 'write', permission: 'deny' } as const
    await admin.createAcls([rule, other])
    await expect.poll(() => admin.acls({ resource: 'topic' })).toHaveLength(2)
    expect(await admin.acls({ principal: 'User:alice' })).toEqual([rule])
    expect(await admin.acls({ resource: 'group' })).toEqual([])
    await expect(admin.deleteAcls({})).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(await admin.deleteAcls({ principal: 'User:bob' })).toEqual([other])
    await expect.poll(() => admin.acls()).toEqual([rule])
  })
})
