/** The broker is killed again and again. */
import { test } from 'vitest'
import { describeBrokers } from './brokers.ts'
import { surviveChaos } from './chaos.ts'

const kills = Number(process.env['CHAOS_KILLS'] ?? 2)

describeBrokers('under chaos', (at) => {
  // oxlint-disable-next-line vitest/expect-expect -- surviveChaos expects
  test('every acknowledged record is read once, in order by key', { timeout: 300_000 }, async () => {
    await surviveChaos({ broker: at(), mishap: () => at().crash(), mishaps: kills })
  })
})
