import { describe, expect, test } from 'vitest'
import { describeWith } from '../support/requires.ts'
import { killRun } from './run.ts'

/** `SLUICE_KILLS=100` makes it the long run; `SLUICE_SEED` repeats a schedule. Apache Kafka takes long to start again. */
const killsOf = (real: boolean): number => Number(process.env['SLUICE_KILLS'] ?? (real ? 10 : 20))
const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1_000_000)
const survives = (real: boolean): void => {
  const kills = killsOf(real)
  test(
    `survives ${kills} kills at random: nothing lost, nothing twice, every ledger in balance`,
    async () => {
      const result = await killRun({ seed, kills, real, say: (line) => process.stderr.write(`${line}\n`) })
      process.stderr.write(`${JSON.stringify({ ...result, output: undefined })}\n`)
      for (const count of result.counts) {
        expect(count).toMatchObject({ lost: 0, duplicated: 0, invented: 0 })
        expect(count.acknowledged).toBeGreaterThan(0)
      }
      expect(result.offsetsTwice).toBe(0)
      expect(result.gaps).toEqual([])
    },
    180_000 + kills * 15_000,
  )
}

describe('a flow on the embedded parts', () => survives(false))
describeWith(['apache-kafka', 'postgres-15'], 'a flow on Apache Kafka and PostgreSQL 15', () =>
  survives(true),
)
