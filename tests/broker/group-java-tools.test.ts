/** Kafka's own command-line tools see and change groups of the embedded broker, and read what it stores of them. */
import { Admin } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaTool } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import { Member, until } from './group-clients.ts'

describeWith(['apache-kafka'], 'the Java tools for consumer groups', () => {
  const [topic, group] = ['orders', 'readers']
  let broker: BrokerProcess | undefined

  const tool = async (name: string, ...args: string[]): Promise<string> => {
    const { output, errors } = await kafkaTool(`org.apache.kafka.tools.consumer.${name}`, [
      '--bootstrap-server',
      broker?.address ?? '',
      ...args,
    ])
    return `${output}${errors}`.replaceAll(/ +/g, ' ')
  }
  const groups = (...args: string[]): Promise<string> => tool('group.ConsumerGroupCommand', ...args)

  beforeAll(async () => {
    broker = await startBrokerProcess()
    const admin = new Admin({ clientId: 'admin', bootstrapBrokers: [broker.address] })
    await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
    const partitionOffsets = [{ partition: 0, offset: 0n }]
    await admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] })
    await admin.close()
  })

  afterAll(() => broker?.[Symbol.asyncDispose]())

  test('list and describe a group in use, and refuse to reset or delete it', async () => {
    await using member = new Member('platformatic', broker?.address ?? '', group, topic)
    await until('its partitions', () => member.partitions.length === 2)
    expect(await groups('--list', '--state', 'stable')).toMatch(/readers Stable/)
    const members = await groups('--describe', '--group', group, '--members', '--verbose')
    expect(members).toMatch(/readers member-\S+ \/127\.0\.0\.1 member 2 - orders:0,1/)
    const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute']
    expect(await groups(...reset)).toContain('the current state is Stable')
    expect(await groups('--delete', '--group', group)).toContain('GroupNotEmptyException')
    await member.leave()
  })

  test('reset and delete offsets of an empty group, then the group', async () => {
    const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-latest', '--execute']
    expect(await groups(...reset)).toMatch(/readers orders 1 0/)
    expect(await groups('--describe', '--group', group)).toMatch(/readers orders 0 0 0 0 - - -/)
    expect(await groups('--delete-offsets', '--group', group, '--topic', `${topic}:0`)).toMatch(
      /orders 0 Successful/,
    )
    expect(await groups('--delete', '--group', group)).toContain('was successful')
    expect(await groups('--list')).not.toContain(group)
  })

  test('read the topic that it stores groups and offsets in', async () => {
    const reading = [
      '--topic',
      '__consumer_offsets',
      '--from-beginning',
      '--timeout-ms',
      '3000',
      '--formatter',
    ]
    const offsets = await tool(
      'ConsoleConsumer',
      ...reading,
      'org.apache.kafka.tools.consumer.OffsetsMessageFormatter',
    )
    expect(offsets).toContain(
      '{"key":{"type":1,"data":{"group":"readers","topic":"orders","partition":0}},"value":{"version":3,',
    )
    const stored = 'org.apache.kafka.tools.consumer.GroupMetadataMessageFormatter'
    const metadata = await tool('ConsoleConsumer', ...reading, stored)
    expect(metadata).toContain(
      '{"key":{"type":2,"data":{"group":"readers"}},"value":{"version":3,"data":{"protocolType":"consumer"',
    )
    expect(metadata).toContain('{"key":{"type":2,"data":{"group":"readers"}},"value":null}')
  })
})
