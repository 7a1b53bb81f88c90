/** Opens the file source: finds the files, gives each its reader, lets them share shift and pace. */
import { join } from 'node:path'
import type { OpenContext } from '../../flow/connector.ts'
import type { SourceSession } from '../../flow/source.ts'
import { fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import { LaneSource, type LaneSystem } from '../lane-source.ts'
import { findFiles } from './discover.ts'
import { readFileOptions } from './options.ts'
import { ReplayPace } from './pace.ts'
import { FileReader } from './reader.ts'
import { SharedShift, shiftOf } from './shift.ts'

const openFilesMax = 64
const followedFilesMax = 1_000

/** Opens the file source. @throws fault OPTION_INVALID */
export const openFileSource = async (options: unknown, context: OpenContext): Promise<SourceSession> => {
  const { clock, pipeline, logger } = context
  const file = readFileOptions(options, context.baseDirectory)

  let folder: string | null = null
  const find = async () => {
    try {
      const found = await findFiles(file.path)
      folder = found.folder
      return found
    } catch (error) {
      if (isFault(error)) throw error
      throw fault('SOURCE_UNAVAILABLE', { source: file.path, problem: messageOf(error) }, error)
    }
  }

  const shift = file.shift ? new SharedShift(() => shiftOf(file, clock.now())) : null
  const replay = file.speed === null ? null : new ReplayPace(file.speed)

  // Files that grow must all be open; of the others, some are read to their end before the next are begun.
  const places = { left: file.follow ? followedFilesMax : openFilesMax }

  const system: LaneSystem = {
    lanes: async () => (await find()).lanes,
    open: async (lane, position) => {
      const path = join(folder ?? (await find()).folder, lane)
      return new FileReader(
        { pipeline, lane, path, options: file, shift, replay, places, clock, logger },
        position,
      )
    },
  }
  return new LaneSource(system, clock)
}
