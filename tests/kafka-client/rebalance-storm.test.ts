/**
 * Members join, leave, die and stall at random: nobody commits what is another's by then, and every partition finds an
 * owner again. `STORM_SECONDS` makes it longer.
 */
import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { type Random, randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { describeBrokers, newTopic, uniqueName } from '../kafka/brokers.ts'
import {
  CommitWatch,
  isShared,
  type MemberSettings,
  partitionNames,
  TestMember,
  untilHolds,
} from './members.ts'

const stormSeconds = Number(process.env['STORM_SECONDS'] ?? 20)
const partitions = 200
const membersMax = 50
const sessionTimeoutMs = 6_000
const rebalanceTimeoutMs = 10_000
/** A member dies at the beginning of a rebalance that another one holds up, and the next has to be waited for too. */
const withoutOwnerMsMax = 2 * (sessionTimeoutMs + rebalanceTimeoutMs)

/** Time that stands still for one member: as for a process that is stopped, its timers fire when it goes on. */
class StallingClock implements Clock {
  #isStalled = false
  #gone: (() => void)[] = []

  now(): number {
    return systemClock.now()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(ms, signal)
    while (this.#isStalled && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        this.#gone.push(resolve)
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  stall(): void {
    this.#isStalled = true
  }

  goOn(): void {
    this.#isStalled = false
    for (const resolve of this.#gone.splice(0)) resolve()
  }
}

interface Life {
  readonly member: TestMember
  readonly clock: StallingClock
}

class Storm {
  readonly watch = new CommitWatch()
  readonly lives: Life[] = []
  longestWithoutOwnerMs = 0
  readonly #settings: MemberSettings
  readonly #address: string
  readonly #random: Random
  readonly #ownedAtMs: Map<string, number>
  readonly #ending: Promise<void>[] = []
  #names = 0

  constructor(address: string, settings: MemberSettings, wanted: readonly string[], random: Random) {
    this.#address = address
    this.#settings = settings
    this.#random = random
    this.#ownedAtMs = new Map(wanted.map((name) => [name, Date.now()]))
  }

  join(): void {
    const clock = new StallingClock()
    const workMs = (): number => randomInteger(this.#random, 0, 400)
    const member = new TestMember(this.#address, `m${++this.#names}`, { ...this.#settings, clock, workMs })
    this.lives.push({ member, clock })
  }

  /** One thing happens to somebody. */
  step(): void {
    const chance = this.#random()
    if (this.lives.length < 4 || (chance < 0.45 && this.lives.length < membersMax)) {
      this.join()
      return
    }
    const life = this.lives[randomInteger(this.#random, 0, this.lives.length - 1)]
    if (life === undefined) return
    if (chance < 0.75) {
      this.lives.splice(this.lives.indexOf(life), 1)
      life.clock.goOn()
      this.#ending.push(chance < 0.6 ? life.member[Symbol.asyncDispose]() : life.member.die())
      return
    }
    if (chance < 0.9) life.clock.stall()
    else life.clock.goOn()
  }

  /** Everybody commits what it believes to be its own. */
  commit(offset: bigint): void {
    for (const { member } of this.lives) {
      if (member.working.size > 0) member.commit(this.watch, offset).catch(() => undefined)
    }
  }

  look(): void {
    const now = Date.now()
    const owned = new Set(this.lives.flatMap(({ member }) => member.partitions))
    for (const [name, atMs] of this.#ownedAtMs) {
      if (owned.has(name)) this.#ownedAtMs.set(name, now)
      else this.longestWithoutOwnerMs = Math.max(this.longestWithoutOwnerMs, now - atMs)
    }
  }

  calm(): void {
    for (const { clock } of this.lives) clock.goOn()
  }

  async end(): Promise<void> {
    await Promise.all([...this.#ending, ...this.lives.map(({ member }) => member[Symbol.asyncDispose]())])
  }
}

const kinds: readonly (Partial<MemberSettings> & {
  readonly says: string
  readonly isApacheOnly?: boolean
})[] = [
  { says: 'eager', assignors: ['sticky'] },
  { says: 'cooperative', assignors: ['cooperative-sticky'] },
  { says: 'new protocol', protocol: 'consumer', isApacheOnly: true },
]

describeBrokers('a storm of rebalances', (at, broker) => {
  describe.each(kinds.filter(({ isApacheOnly = false }) => !isApacheOnly || broker === 'Apache Kafka'))(
    'in a group that is $says',
    (kind) => {
      test('ends with every partition owned once, and nobody ever committed for another', async () => {
        const topic = await newTopic(at(), { partitions })
        const wanted = partitionNames(topic, partitions)
        const group = uniqueName('storm')
        const settings = { group, topics: [topic], sessionTimeoutMs, rebalanceTimeoutMs, ...kind }
        const random = seededRandom(11)
        const storm = new Storm(at().address, settings, wanted, random)
        for (let i = 0; i < 10; i++) storm.join()
        const endMs = Date.now() + stormSeconds * 1_000
        for (let offset = 1n; Date.now() < endMs; offset++) {
          if (offset % 2n === 0n) storm.step()
          storm.commit(offset)
          storm.look()
          await systemClock.sleep(150)
        }
        storm.calm()
        await untilHolds(
          'every partition has one owner',
          () =>
            isShared(
              storm.lives.map(({ member }) => member),
              wanted,
            ),
          () =>
            storm.lives.map(({ member }) => [member.name, member.partitions.length, String(member.problem)]),
          60_000,
        )
        storm.look()
        await storm.end()
        console.log(
          `${kind.says}: ${storm.watch.taken} commits taken; longest without an owner: ${storm.longestWithoutOwnerMs} ms`,
        )
        expect(storm.watch.violations).toEqual([])
        expect(storm.watch.taken).toBeGreaterThan(partitions)
        expect(storm.longestWithoutOwnerMs).toBeLessThan(withoutOwnerMsMax)
      })
    },
  )
})
