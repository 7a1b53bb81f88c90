import { expect, test } from 'vitest'
import { zombieRun } from './zombies.ts'

/** `SLUICE_SEED` repeats a schedule; `SLUICE_ZOMBIES_MS` makes it longer. */
const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1_000_000)
const forMs = Number(process.env['SLUICE_ZOMBIES_MS'] ?? 25_000)

test(
  'workers that stall, lose their lanes and wake up again write nothing twice and move no position back',
  async () => {
    process.stderr.write(`seed ${seed}\n`)
    const result = await zombieRun({ seed, forMs })
    process.stderr.write(`${JSON.stringify(result)}\n`)
    expect(result.count).toMatchObject({ lost: 0, duplicated: 0, invented: 0 })
    expect(result.count.acknowledged).toBeGreaterThan(0)
    expect(result).toMatchObject({ offsetsTwice: 0, gaps: [], backwards: [] })
    expect(result.stops).toBeGreaterThan(0)
  },
  forMs + 180_000,
)
