import { liveChannels } from 'sluice/contract'
import { expect, test } from 'vitest'
import { isStateChannel } from './state-channel.ts'

test('a channel is one of states exactly where the contract says so', () => {
  for (const [channel, { kind }] of Object.entries(liveChannels))
    expect([channel, isStateChannel(channel)]).toEqual([channel, kind === 'state'])
})
