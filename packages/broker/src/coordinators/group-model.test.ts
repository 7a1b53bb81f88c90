/**
 * Random lives of a group against what must always hold: seeded, with a clock of its own, through the decisions alone.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newClient, World } from './group-world.suite.ts'

type Action =
  | { do: 'join' | 'next'; who: number; metadata: string; version: number }
  | { do: 'sync' | 'heartbeat' | 'commit' | 'leave' | 'kill'; who: number }
  | { do: 'pass'; ms: number }
  | { do: 'store'; isGood: boolean }

const clientCount = 7
const who = fc.nat({ max: clientCount - 1 })
const joins = fc.record({
  do: fc.constantFrom('join' as const, 'next' as const, 'next' as const, 'next' as const),
  who,
  metadata: fc.constantFrom('a', 'a', 'a', 'a', 'a', 'a', 'b'),
  version: fc.constantFrom(0, 3, 4, 9),
})
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 24, arbitrary: joins },
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
  if (step.do === 'join' || step.do === 'next') return world[step.do](client, step.metadata, step.version)
  return world[step.do](client)
}

describe('the group coordinator', () => {
  test('keeps its promises in any life of a group', () => {
    const check = (): void =>
      fc.assert(
        fc.property(fc.array(action, { minLength: 20, maxLength: 150, size: 'max' }), (actions) => {
          const world = newWorld()
          for (const step of actions) {
            perform(world, step)
            world.check()
          }
        }),
        { numRuns: 1_500, seed: 20_261_121, includeErrorInReport: true },
      )
    expect(check).not.toThrow()
  })

  test('comes to rest: clients that keep going end up in one generation, each with its assignment', () => {
    const check = (): void =>
      fc.assert(
        fc.property(
          fc.array(action, { maxLength: 60, size: 'max' }),
          fc.integer({ min: 1, max: 5 }),
          (actions, count) => {
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
          },
        ),
        { numRuns: 500, seed: 20_261_121, includeErrorInReport: true },
      )
    expect(check).not.toThrow()
  })
})
