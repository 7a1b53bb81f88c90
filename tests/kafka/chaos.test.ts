/** The broker is killed again and again. */
import { expect, test } from 'vitest'
import { describeBrokers } from './brokers.ts'
import { noHarm, surviveChaos } from './chaos.ts'

const kills = Number(process.env['CHAOS_KILLS'] ?? 2)

describeBrokers('under chaos', (at) => {
  test('every acknowledged record is read once, in order by key', { timeout: 300_000 }, async () => {
    const harm = await surviveChaos({ broker: at(), mishap: () => at().crash(), mishaps: kills })
    expect(harm).toEqual(noHarm)
  })
})
