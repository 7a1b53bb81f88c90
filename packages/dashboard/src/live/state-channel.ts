/** Which channels of the live feed bring a whole state, and which bring rows, one after the other. Pure. */
import type { LiveChannel } from 'sluice/contract'

type RowChannel = 'messages' | 'logs'

export type StateChannel = Exclude<LiveChannel, RowChannel>

const rowChannels: Readonly<Record<RowChannel, true>> = { messages: true, logs: true }

/** Whether the last update of a channel is all there is to show; rows would be shown twice. */
export const isStateChannel = (channel: string): boolean => !Object.hasOwn(rowChannels, channel)
