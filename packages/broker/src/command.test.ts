import { expect, test } from 'vitest'
import { parseCommand } from './command.ts'

test.each([
  {
    args: [],
    has: { host: '127.0.0.1', port: 9092, durability: 'commit', autoCreateTopics: true, parentPid: null },
  },
  { args: ['--listen', '[::1]:0'], has: { host: '::1', port: 0 } },
  {
    args: ['--listen', 'localhost:19092', '--durability', 'os'],
    has: { host: 'localhost', port: 19092, durability: 'os' },
  },
  {
    args: ['--advertise', 'kafka.example:9093', '--partitions', '6'],
    has: { advertised: { host: 'kafka.example', port: 9093 }, defaultPartitions: 6 },
  },
  { args: ['--no-auto-create', '--parent-pid', '12'], has: { autoCreateTopics: false, parentPid: 12 } },
])('the command line $args is understood', ({ args, has }) => {
  expect(parseCommand(args)).toMatchObject(has)
})

test.each([
  { args: ['--listen', '9092'], says: '--listen 9092: expected host:port' },
  { args: ['--listen', 'a:99999'], says: 'expected host:port' },
  { args: ['--durability', 'never'], says: 'expected commit, interval or os' },
  { args: ['--partitions', '0'], says: 'expected a whole number above 0' },
  { args: ['--bogus'], says: 'bogus' },
  { args: ['here'], says: 'here' },
])('the command line $args is refused with a reason', ({ args, says }) => {
  expect(() => parseCommand(args)).toThrow(says)
})

test('help is help', () => {
  expect(parseCommand(['--help'])).toBeNull()
})
