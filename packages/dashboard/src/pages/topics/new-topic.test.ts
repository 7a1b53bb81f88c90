import { describe, expect, test } from 'vitest'
import { commandOf, countProblem, curlOf, nameProblem, newTopic, yamlOf } from './new-topic.ts'

const topic = { ...newTopic, name: 'orders', settings: { 'retention.ms': '-1', 'cleanup.policy': 'compact' } }

describe('a topic that is being made', () => {
  test.each([
    { name: 'orders', problem: null },
    { name: '', problem: 'It needs a name.' },
    { name: 'a b', problem: 'Letters, digits, dot, underscore and dash only.' },
    { name: '42', problem: 'Not digits alone: those are ids.' },
    { name: '..', problem: 'That is no name.' },
    { name: 'x'.repeat(250), problem: 'At most 249 characters; this has 250.' },
    { name: 'there', problem: 'There is a topic of this name.' },
  ])('"$name": $problem', ({ name, problem }) => {
    expect(nameProblem(name, new Set(['there']))).toBe(problem)
  })

  test('has a bounded number of partitions', () => {
    expect([0, 1, 10_000, 10_001, 1.5, Number.NaN].map((count) => countProblem(count) === null)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  test('is the same as YAML, curl and command', () => {
    expect(yamlOf(topic)).toBe(
      'topics:\n  orders:\n    partitions: 3\n    configs:\n      retention.ms: -1\n      cleanup.policy: "compact"',
    )
    expect(commandOf(topic)).toBe(
      './sluice topics create orders --partitions 3 --set retention.ms=-1 --set cleanup.policy=compact',
    )
    expect(curlOf('http://127.0.0.1:8080', topic)).toContain('"replication_factor":-1')
  })
})
