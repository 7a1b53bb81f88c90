/**
 * The world around the decisions about one group, for tests: clients that remember what they were told, stores that
 * end when they like, a clock of its own. It asserts what must hold at every step.
 */
import assert from 'node:assert/strict'
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
export interface Client {
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

export const newClient = (instanceId: string | null): Client => ({
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
export class World {
  nowMs = 1_000_000
  group: Group | undefined
  readonly clients: Client[]
  readonly stores: { stored: Group; intent: StoreIntent }[] = []
  /** The last generation whose leader was told to assign. */
  leaderTold = -1
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

  /** What a client that does everything right does next. */
  next(client: Client, metadata: string, version: number): void {
    this.heartbeat(client)
    if (client.mustJoin) this.join(client, metadata, version)
    else if (client.assignment === null) this.sync(client)
    else this.commit(client)
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
    if (error === 'NONE') assert.equal(isCurrent, true)
    this.group = group ?? undefined
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_INSTANCE_ID') this.#forget(client)
    client.mustJoin = error !== 'NONE'
  }

  commit(client: Client): void {
    const committer = { groupId: 'g', knowsMissingGroup: true, ...client }
    const { group, error } = mayCommit(this.group, committer, { nowMs: this.nowMs, groupCount: 0, limits })
    if (error === 'NONE' && client.generation >= 0) {
      // No commit from an old generation, and none from somebody who is not in the group.
      assert.equal(this.group?.generation, client.generation)
      assert.equal(this.group?.members.has(client.memberId), true)
    }
    if (error === 'NONE' && client.generation < 0) assert.equal(this.group?.phase ?? 'Empty', 'Empty')
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
      for (const [id, waiting] of waiters) if (waiting === client) waiters.set(id, { ...client })
    this.#forget(client)
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let rounds = 0; ; rounds += 1) {
      assert.ok(rounds < 100, 'a deadline that stays due is a timer that never sleeps')
      const atMs = this.group === undefined ? null : nextDeadlineMs(this.group)
      if (this.group === undefined || atMs === null || atMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, atMs)
      const step = applyDeadlines(this.group, this.nowMs, limits)
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
        assert.equal(String(member.assignment), `${step.group.generation}:${member.id}`)
    }
    const waited = [...before.members.values()].filter(({ awaitsSync }) => awaitsSync)
    for (const { id } of waited) {
      const member = step.group.members.get(id)
      // Who was told something has a whole session to go on.
      if (member?.awaitsSync === false) assert.equal(member.silentAtMs, this.nowMs + member.sessionTimeoutMs)
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
      if (effect.kind === 'answer-join' && effect.answer.members.length > 0)
        this.leaderTold = effect.answer.generation
      // Every answer has somebody who waits for it, and is given once.
      assert.ok(client !== undefined, `${effect.kind} ${effect.memberId}`)
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
      assert.equal(known === undefined || known === answer.memberId, true, 'one leader a generation')
      this.assignedBy.set(answer.generation, answer.memberId)
    }
  }

  #hearSync(client: Client, answer: SyncAnswer): void {
    if (answer.error === 'NONE') {
      client.assignment = String(answer.assignment)
      assert.ok(client.assignment === '' || client.assignment.startsWith(`${client.generation}:`))
      const isMine = client.assignment === `${client.generation}:${client.memberId}`
      // A static member that came back holds what was assigned to its former self.
      assert.equal(isMine || client.instanceId !== null, true, 'its own assignment, of its own generation')
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
      assert.equal(group.members.has(group.leaderId ?? ''), true, 'the leader is a member')
    if (group.phase === 'Empty') assert.deepEqual(members, [])
    assert.ok(members.filter(({ awaitsJoin }) => awaitsJoin).length <= limits.groupSizeMax)
    assert.ok(group.pendingMembers.size <= limits.pendingMembersMax)
    assert.equal(group.joinRound !== null, group.phase === 'PreparingRebalance')
    if (group.phase === 'PreparingRebalance' && group.joinRound?.isInitial === false)
      assert.equal(members.length > 0 && allHaveJoined(group), false, 'a complete round is over')
    // Somebody is there to assign partitions, however members came and went.
    if (group.phase === 'CompletingRebalance') assert.equal(this.leaderTold, group.generation)
    const instances = members.flatMap((member) => member.instanceId ?? [])
    assert.equal(new Set(instances).size, instances.length)
    for (const member of members) {
      assert.ok(
        !member.awaitsSync || group.phase === 'CompletingRebalance',
        'only then an assignment is awaited',
      )
      assert.ok(!member.awaitsJoin || group.phase !== 'CompletingRebalance', 'whoever joined was told')
      assert.equal(this.joinWaiters.has(member.id), member.awaitsJoin)
      assert.equal(this.syncWaiters.has(member.id), member.awaitsSync)
    }
    for (const id of [...this.joinWaiters.keys(), ...this.syncWaiters.keys()])
      assert.equal(group.members.has(id), true, 'nobody waits who is not a member')
  }
}
