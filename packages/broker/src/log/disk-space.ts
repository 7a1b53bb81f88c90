/** How much room the volume of a directory has. */
import { statfs } from 'node:fs/promises'

export interface DiskSpace {
  readonly totalBytes: bigint
  /** What this process may still use. */
  readonly usableBytes: bigint
}

/** Null where the system does not tell. */
export const diskSpace = async (directory: string): Promise<DiskSpace | null> => {
  try {
    const { bsize, blocks, bavail } = await statfs(directory, { bigint: true })
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
  } catch {
    return null
  }
}
