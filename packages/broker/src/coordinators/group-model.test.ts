/**
 * Random lives of a group against what must always hold: seeded, with a clock of its own, through the decisions alone.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mayCommit } from './committed-offsets.ts'
import { applyDeadlines, nextDeadlineMs } from './group-deadlines.ts'
import type { GroupEffect, JoinAnswer, Reply, StoreIntent, SyncAnswer } from './group-decision.ts'
import { join } from './group-join.ts'
import { afterStore, heartbeat, leave, sync } from './group-membership.ts'
import type { Group, GroupLimits } from './group-state.ts'
import { allHaveJoined, groupLimits } from './group-state.ts'

const limits: GroupLimits = { ...groupLimits, groupSizeMax: 5, pendingMembersMax: 3 }
const sessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 30_000

/** A client as the model sees it: what it was last told, and what it waits for. */
interface Client {
  memberId: string
  instanceId: string | null
  generation: number
  isLeader: boolean
  /** A heartbeat said that another generation begins. */
  mustJoin: boolean
  awaits: 'join' | 'sync' | null
  assignment: string | null
  memberIds: readonly string[]
}

const newClient = (instanceId: string | null): Client => ({
  memberId: '',
  instanceId,
  generation: -1,
  isLeader: false,
  mustJoin: true,
  awaits: null,
  assignment: null,
  memberIds: [],
})

/** The world around the decisions: one group, some clients, stores that end when they like. */
class World {
  nowMs = 1_000_000
  group: Group | undefined
  readonly clients: Client[]
  readonly stores: { stored: Group; intent: StoreIntent }[] = []
  readonly assignedBy = new Map<number, string>()
  readonly joinWaiters = new Map<string, Client>()
  readonly syncWaiters = new Map<string, Client>()
  #ids = 0

  constructor(clients: Client[]) {
    this.clients = clients
  }

  join(client: Client, metadata: string, version: number): void {
    if (client.awaits !== null) return
    const decision = join(
      this.group,
      {
        groupId: 'g',
        memberId: client.memberId,
        instanceId: client.instanceId,
        clientId: 'c',
        clientHost: '/h',
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from(metadata) }],
        requiresKnownMemberId: version >= 4,
        supportsSkipAssignment: version >= 9,
      },
      { nowMs: this.nowMs, uniquePart: String((this.#ids += 1)), groupCount: 0, limits },
    )
    this.group = decision.group ?? undefined
    const joined = this.#await(decision.reply, client, this.joinWaiters)
    if (joined === null) client.awaits = 'join'
    else this.#hearJoin(client, joined)
    this.#apply(decision.effects)
  }

  sync(client: Client): void {
    if (client.awaits !== null || client.generation < 0) return
    const assignments = new Map(
      client.isLeader ? client.memberIds.map((id) => [id, Buffer.from(`${client.generation}:${id}`)]) : [],
    )
    const { generation, memberId, instanceId } = client
    const decision = sync(
      this.group,
      { groupId: 'g', generation, memberId, instanceId, protocolType: null, protocolName: null, assignments },
      limits,
    )
    this.group = decision.group ?? undefined
    const synced = this.#await(decision.reply, client, this.syncWaiters)
    if (synced === null) client.awaits = 'sync'
    else this.#hearSync(client, synced)
    this.#apply(decision.effects)
  }

  heartbeat(client: Client): void {
    if (client.generation < 0 || client.awaits !== null) return
    const { group, error } = heartbeat(this.group, { groupId: 'g', ...client }, this.nowMs)
    const isCurrent = this.group?.generation === client.generation && this.group.members.has(client.memberId)
    if (error === 'NONE') expect(isCurrent).toBe(true)
    this.group = group ?? undefined
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_INSTANCE_ID') this.#forget(client)
    client.mustJoin = error !== 'NONE'
  }

  commit(client: Client): void {
    const committer = { groupId: 'g', knowsMissingGroup: true, ...client }
    const { group, error } = mayCommit(this.group, committer, { nowMs: this.nowMs, groupCount: 0, limits })
    if (error === 'NONE' && client.generation >= 0) {
      // No commit from an old generation, and none from somebody who is not in the group.
      expect(this.group?.generation).toBe(client.generation)
      expect(this.group?.members.has(client.memberId)).toBe(true)
    }
    if (error === 'NONE' && client.generation < 0) expect(this.group?.phase ?? 'Empty').toBe('Empty')
    this.group = group ?? undefined
  }

  leave(client: Client): void {
    const { group, effects } = leave(this.group, 'g', [client], this.nowMs, limits)
    this.group = group ?? undefined
    this.#apply(effects)
    this.#forget(client)
  }

  /** A process that dies: it forgets everything but its instance id, and what it waited for goes nowhere. */
  kill(client: Client): void {
    for (const waiters of [this.joinWaiters, this.syncWaiters])
      for (const [id, waiting] of waiters) if (waiting === client) waiters.set(id, newClient(null))
    this.#forget(client)
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let rounds = 0; rounds < 100; rounds += 1) {
      const atMs = this.group === undefined ? null : nextDeadlineMs(this.group)
      if (this.group === undefined || atMs === null || atMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, atMs)
      const step = applyDeadlines(this.group, this.nowMs, limits)
      // A deadline that stays due would be a timer that never sleeps.
      const nextMs = nextDeadlineMs(step.group)
      expect(nextMs === null || nextMs > this.nowMs || nextMs < atMs || step.group !== this.group).toBe(true)
      this.group = step.group
      this.#apply(step.effects)
    }
    this.nowMs = untilMs
  }

  endStore(isGood: boolean): void {
    const store = this.stores.shift()
    if (store === undefined || this.group === undefined) return
    const before = this.group
    const step = afterStore(before, store.intent, isGood ? 'NONE' : 'NOT_COORDINATOR', this.nowMs, limits)
    this.group = step.group
    if (step.group.phase === 'Stable' && before.phase !== 'Stable') {
      for (const member of step.group.members.values())
        expect(String(member.assignment)).toBe(`${step.group.generation}:${member.id}`)
    }
    this.#apply(step.effects)
  }

  #await<Answer>(reply: Reply<Answer>, client: Client, waiters: Map<string, Client>): Answer | null {
    if ('now' in reply) return reply.now
    waiters.set(reply.parked, client)
    return null
  }

  #apply(effects: readonly GroupEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'store') {
        this.stores.push(effect)
        continue
      }
      const waiters = effect.kind === 'answer-join' ? this.joinWaiters : this.syncWaiters
      const client = waiters.get(effect.memberId)
      // Every answer has somebody who waits for it, and is given once.
      expect(client, `${effect.kind} ${effect.memberId}`).toBeDefined()
      waiters.delete(effect.memberId)
      if (client === undefined) continue
      client.awaits = null
      if (effect.kind === 'answer-join') this.#hearJoin(client, effect.answer)
      else this.#hearSync(client, effect.answer)
    }
  }

  #hearJoin(client: Client, answer: JoinAnswer): void {
    client.assignment = null
    client.mustJoin = answer.error !== 'NONE'
    if (answer.error === 'MEMBER_ID_REQUIRED') client.memberId = answer.memberId
    else if (answer.error !== 'NONE') this.#forget(client)
    else {
      client.memberId = answer.memberId
      client.generation = answer.generation
      client.isLeader = answer.leaderId === answer.memberId
      client.memberIds = answer.members.map((member) => member.id)
      if (!client.isLeader || answer.skipAssignment) return
      const known = this.assignedBy.get(answer.generation)
      expect(known === undefined || known === answer.memberId, 'one leader a generation').toBe(true)
      this.assignedBy.set(answer.generation, answer.memberId)
    }
  }

  #hearSync(client: Client, answer: SyncAnswer): void {
    if (answer.error === 'NONE') {
      client.assignment = String(answer.assignment)
      const isMine = client.assignment === `${client.generation}:${client.memberId}`
      // A static member that came back holds what was assigned to its former self.
      expect(isMine || client.instanceId !== null, 'its own assignment, of its own generation').toBe(true)
    } else if (answer.error === 'UNKNOWN_MEMBER_ID' || answer.error === 'FENCED_INSTANCE_ID')
      this.#forget(client)
  }

  #forget(client: Client): void {
    Object.assign(client, { ...newClient(client.instanceId) })
  }

  check(): void {
    const group = this.group
    if (group === undefined) return
    const members = [...group.members.values()]
    if (members.length > 0)
      expect(group.members.has(group.leaderId ?? ''), 'the leader is a member').toBe(true)
    if (group.phase === 'Empty') expect(members).toEqual([])
    expect(members.length).toBeLessThanOrEqual(limits.groupSizeMax + 1)
    expect(group.pendingMembers.size).toBeLessThanOrEqual(limits.pendingMembersMax)
    expect(group.joinRound !== null).toBe(group.phase === 'PreparingRebalance')
    if (group.phase === 'PreparingRebalance' && group.joinRound?.isInitial === false)
      expect(members.length > 0 && allHaveJoined(group), 'a complete round is over').toBe(false)
    const instances = members.flatMap((member) => member.instanceId ?? [])
    expect(new Set(instances).size).toBe(instances.length)
    for (const member of members) {
      expect(this.joinWaiters.has(member.id)).toBe(member.awaitsJoin)
      expect(this.syncWaiters.has(member.id)).toBe(member.awaitsSync)
    }
    for (const id of [...this.joinWaiters.keys(), ...this.syncWaiters.keys()])
      expect(group.members.has(id), 'nobody waits who is not a member').toBe(true)
  }
}

type Action =
  | { do: 'join'; who: number; metadata: string; version: number }
  | { do: 'sync' | 'heartbeat' | 'commit' | 'leave' | 'kill'; who: number }
  | { do: 'pass'; ms: number }
  | { do: 'store'; isGood: boolean }

const clientCount = 7
const who = fc.nat({ max: clientCount - 1 })
const joins = fc.record({
  do: fc.constant('join' as const),
  who,
  metadata: fc.constantFrom('a', 'a', 'a', 'b'),
  version: fc.constantFrom(0, 3, 4, 9),
})
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: joins },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('sync' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('heartbeat' as const, 'commit' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'kill' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 1, 3_000, 11_000, 31_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      isGood: fc.constantFrom(true, true, true, false),
    }),
  },
)

const newWorld = (): World =>
  new World(
    Array.from({ length: clientCount }, (_, index) => newClient(index < 2 ? `static-${index}` : null)),
  )

const perform = (world: World, step: Action): void => {
  if (step.do === 'pass') return world.pass(step.ms)
  if (step.do === 'store') return world.endStore(step.isGood)
  const client = world.clients[step.who]
  if (client === undefined) return
  if (step.do === 'join') return world.join(client, step.metadata, step.version)
  return world[step.do](client)
}

describe('the group coordinator', () => {
  test('keeps its promises in any life of a group', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const world = newWorld()
        for (const step of actions) {
          perform(world, step)
          world.check()
        }
      }),
      { numRuns: 1_500, seed: 20_261_121 },
    )
  })

  test('comes to rest: clients that keep going end up in one generation, each with its assignment', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (actions, count) => {
        const world = newWorld()
        for (const step of actions) perform(world, step)
        const alive = world.clients.slice(0, count)
        // The others die, and those who live do what a client does until nothing changes any more.
        for (const client of world.clients) world.kill(client)
        world.pass(400_000)
        for (let round = 0; round < 12; round += 1) {
          for (const client of alive) {
            world.heartbeat(client)
            if (client.mustJoin) world.join(client, 'a', 4)
            else if (client.assignment === null) world.sync(client)
          }
          while (world.stores.length > 0) world.endStore(true)
          world.pass(4_000)
        }
        expect(world.group?.phase).toBe('Stable')
        expect(alive.map((client) => client.generation)).toEqual(alive.map(() => world.group?.generation))
        expect(alive.every((client) => client.assignment !== null)).toBe(true)
        expect(world.group?.members.size).toBe(count)
        for (const client of alive) world.commit(client)
      }),
      { numRuns: 500, seed: 20_261_121 },
    )
  })
})
