import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../errors/kafka-error.ts'
import {
  assertOpen,
  begun,
  broke,
  coordinatorVerdict,
  decidingCode,
  ending,
  endingStep,
  type TransactionState,
  touched,
} from './transaction-state.ts'

const producer = { id: 7n, epoch: 3 }
const name = 'producer p'
const problem = new Error('a record was refused')
const idle: TransactionState = { kind: 'idle', producer }
const open: TransactionState = { kind: 'open', producer, isTouched: false }
const used: TransactionState = { kind: 'open', producer, isTouched: true }
const broken = broke(used, 'abort', problem)
const forgotten = broke(used, 'forgotten', problem)
const dead: TransactionState = { kind: 'dead', problem: new KafkaError('FENCED', name, 'somebody came') }
const committing = ending(used, 'commit', false, name)
const aborting = ending(broken, 'abort', false, name)

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'done'
  } catch (error) {
    return error instanceof KafkaError ? error.code : String(error)
  }
}

describe('a transaction', () => {
  test.each([
    {
      says: 'an idle producer',
      state: idle,
      begins: 'done',
      writes: 'TRANSACTION_MISUSED',
      commits: 'TRANSACTION_MISUSED',
      aborts: 'TRANSACTION_MISUSED',
    },
    {
      says: 'an unopened one',
      state: { kind: 'unopened' } as const,
      begins: 'TRANSACTION_MISUSED',
      writes: 'TRANSACTION_MISUSED',
      commits: 'TRANSACTION_MISUSED',
      aborts: 'TRANSACTION_MISUSED',
    },
    {
      says: 'an open one',
      state: open,
      begins: 'TRANSACTION_MISUSED',
      writes: 'done',
      commits: 'done',
      aborts: 'done',
    },
    {
      says: 'a broken one',
      state: broken,
      begins: 'TRANSACTION_MISUSED',
      writes: 'TRANSACTION_BROKEN',
      commits: 'TRANSACTION_BROKEN',
      aborts: 'done',
    },
    {
      says: 'one whose commit was asked for',
      state: committing,
      begins: 'TRANSACTION_MISUSED',
      writes: 'TRANSACTION_MISUSED',
      commits: 'done',
      aborts: 'TRANSACTION_MISUSED',
    },
    {
      says: 'one whose abort was asked for',
      state: aborting,
      begins: 'TRANSACTION_MISUSED',
      writes: 'TRANSACTION_MISUSED',
      commits: 'TRANSACTION_MISUSED',
      aborts: 'done',
    },
    {
      says: 'a fenced one',
      state: dead,
      begins: 'FENCED',
      writes: 'FENCED',
      commits: 'FENCED',
      aborts: 'FENCED',
    },
  ])('what may be done with $says', ({ state, begins, writes, commits, aborts }) => {
    expect(codeOf(() => begun(state, name))).toBe(begins)
    expect(codeOf(() => assertOpen(state, name))).toBe(writes)
    expect(codeOf(() => ending(state, 'commit', false, name))).toBe(commits)
    expect(codeOf(() => ending(state, 'abort', false, name))).toBe(aborts)
  })

  test.each([
    { says: 'a commit', state: committing, isImplicit: true, steps: ['end', 'nothing'] },
    {
      says: 'a commit of nothing',
      state: ending(open, 'commit', false, name),
      isImplicit: true,
      steps: ['nothing', 'nothing'],
    },
    {
      says: 'an abort',
      state: ending(used, 'abort', false, name),
      isImplicit: false,
      steps: ['end', 'nothing'],
    },
    {
      says: 'an abort with numbers lost',
      state: ending(used, 'abort', true, name),
      isImplicit: false,
      steps: ['end', 'renew'],
    },
    {
      says: 'an abort with numbers lost, where each has an epoch',
      state: ending(used, 'abort', true, name),
      isImplicit: true,
      steps: ['end', 'nothing'],
    },
    { says: 'an abort of what broke', state: aborting, isImplicit: false, steps: ['end', 'renew'] },
    {
      says: 'an abort of what the coordinator forgot',
      state: ending(forgotten, 'abort', false, name),
      isImplicit: true,
      steps: ['renew', 'renew'],
    },
  ])('what $says takes', ({ state, isImplicit, steps }) => {
    expect([endingStep(state, null, isImplicit), endingStep(state, producer, isImplicit)]).toEqual(steps)
  })

  test('is broken by the first thing that goes wrong, and ended by what takes the identity', () => {
    expect(broke(used, 'abort', problem)).toMatchObject({ kind: 'broken', problem, isTouched: true })
    expect(broke(broken, 'abort', new Error('later'))).toMatchObject({ kind: 'broken', problem })
    expect(broke(broken, 'forgotten', new Error('later'))).toMatchObject({ isForgotten: true })
    expect(broke(idle, 'abort', problem)).toBe(idle)
    expect(broke(broken, 'dead', problem)).toMatchObject({ kind: 'dead' })
    expect(broke(dead, 'abort', problem)).toBe(dead)
  })

  test('whose commit is refused can be aborted, one that is being aborted goes on', () => {
    const refused = broke(committing, 'abort', problem)
    expect(refused).toMatchObject({ kind: 'broken', isTouched: true })
    expect(codeOf(() => ending(refused, 'abort', false, name))).toBe('done')
    expect(broke(aborting, 'forgotten', problem)).toMatchObject({ kind: 'ending', isForgotten: true })
  })

  test('is known to the coordinator once something was written', () => {
    expect(touched(open)).toEqual(used)
    expect(touched(idle)).toBe(idle)
  })
})

test.each([
  ['NONE', 'done'],
  ['NOT_COORDINATOR', 'elsewhere'],
  ['COORDINATOR_NOT_AVAILABLE', 'elsewhere'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'again'],
  ['CONCURRENT_TRANSACTIONS', 'again'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'again'],
  ['TRANSACTION_ABORTABLE', 'abort'],
  ['TOPIC_AUTHORIZATION_FAILED', 'abort'],
  ['ILLEGAL_GENERATION', 'abort'],
  ['UNKNOWN_MEMBER_ID', 'abort'],
  ['INVALID_PRODUCER_ID_MAPPING', 'forgotten'],
  ['PRODUCER_FENCED', 'dead'],
  ['INVALID_PRODUCER_EPOCH', 'dead'],
  ['INVALID_TXN_STATE', 'dead'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'dead'],
] as const)('of a coordinator, %s means %s', (code, verdict) => {
  expect(coordinatorVerdict(errorCodes[code])).toBe(verdict)
})

test('the worst of many codes decides', () => {
  const { NONE, NOT_COORDINATOR, TRANSACTION_ABORTABLE, OPERATION_NOT_ATTEMPTED, PRODUCER_FENCED } =
    errorCodes
  expect(decidingCode([])).toBe(NONE)
  expect(decidingCode([NONE, NOT_COORDINATOR, NONE])).toBe(NOT_COORDINATOR)
  expect(decidingCode([TRANSACTION_ABORTABLE, NOT_COORDINATOR])).toBe(TRANSACTION_ABORTABLE)
  expect(decidingCode([OPERATION_NOT_ATTEMPTED, PRODUCER_FENCED])).toBe(PRODUCER_FENCED)
})
