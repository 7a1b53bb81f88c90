/**
 * The disk as the log sees it: a port, so that tests can give a disk that is full, torn or broken, and the machine's own.
 *
 * Every failure is thrown as the operating system's error.
 */
import fs from 'node:fs'
import path from 'node:path'

/** An open file. Positions are bytes from its start. */
export interface LogFile {
  /** Writes all of `chunks` in a row, blocking. For writes that only reach the page cache, cheaper than a thread. */
  writeNow(chunks: readonly Uint8Array[], position: number): void
  /** The same in a thread of the pool. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>
  /** Fills `target` from `position`; answers how many bytes there were. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Settles when the data (and the size) are on the disk. */
  synchronize(): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

export interface FileSystem {
  /** Opens for reading and writing; makes the file when it isn't there. */
  open(file: string): Promise<LogFile>
  /** Names in a folder; empty when there is no such folder. */
  list(folder: string): Promise<string[]>
  makeFolder(folder: string): Promise<void>
  /** Null when there is no such file. */
  readWhole(file: string): Promise<Buffer | null>
  /** Replaces a file so that a crash leaves either the old or the new content, whole. */
  writeWhole(file: string, content: Uint8Array): Promise<void>
  /** Removes a file or a folder with all in it; nothing happens when it isn't there. */
  remove(target: string): Promise<void>
  /** Makes names that were added to or removed from a folder durable. */
  synchronizeFolder(folder: string): Promise<void>
}

const chunksMax = 1024

const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0)

/** What is still to be written after `written` bytes. */
const rest = (chunks: readonly Uint8Array[], written: number): Uint8Array[] => {
  const left: Uint8Array[] = []
  let skip = written
  for (const chunk of chunks) {
    if (skip >= chunk.length) skip -= chunk.length
    else {
      left.push(skip === 0 ? chunk : chunk.subarray(skip))
      skip = 0
    }
  }
  return left
}

/** At most as many chunks as one system call takes. */
const callable = (chunks: readonly Uint8Array[]): readonly Uint8Array[] =>
  chunks.length <= chunksMax ? chunks : chunks.slice(0, chunksMax)

const writevAsync = (fd: number, chunks: readonly Uint8Array[], position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.writev(fd, chunks, position, (error, written) => (error ? reject(error) : resolve(written)))
  })

class NodeFile implements LogFile {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  writeNow(chunks: readonly Uint8Array[], position: number): void {
    let left = chunks
    let at = position
    for (let missing = sizeOf(chunks); missing > 0; ) {
      const written = fs.writevSync(this.#fd, callable(left), at)
      missing -= written
      at += written
      if (missing > 0) left = rest(left, written)
    }
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let left = chunks
    let at = position
    for (let missing = sizeOf(chunks); missing > 0; ) {
      const written = await writevAsync(this.#fd, callable(left), at)
      missing -= written
      at += written
      if (missing > 0) left = rest(left, written)
    }
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const got = await new Promise<number>((resolve, reject) => {
        fs.read(this.#fd, target, done, target.length - done, position + done, (error, bytes) =>
          error ? reject(error) : resolve(bytes),
        )
      })
      if (got === 0) break
      done += got
    }
    return done
  }

  synchronize(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()))
    })
  }

  truncate(sizeBytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.ftruncate(this.#fd, sizeBytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  sizeBytes(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => (error ? reject(error) : resolve(stats.size)))
    })
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.close(this.#fd, (error) => (error ? reject(error) : resolve()))
    })
  }
}

/** Whether an error of the operating system says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

const openFlags = fs.constants.O_RDWR | fs.constants.O_CREAT

const synchronizeFolder = async (folder: string): Promise<void> => {
  // Windows cannot open folders; NTFS journals names by itself.
  if (process.platform === 'win32') return
  const handle = await fs.promises.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The machine's disk. */
export const nodeFileSystem: FileSystem = {
  open: (file) =>
    new Promise((resolve, reject) => {
      fs.open(file, openFlags, 0o600, (error, fd) => (error ? reject(error) : resolve(new NodeFile(fd))))
    }),
  list: async (folder) => {
    try {
      return await fs.promises.readdir(folder)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  },
  makeFolder: async (folder) => {
    await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 })
  },
  readWhole: async (file) => {
    try {
      return await fs.promises.readFile(file)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },
  writeWhole: async (file, content) => {
    const fresh = `${file}.new`
    const handle = await fs.promises.open(fresh, 'w', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.promises.rename(fresh, file)
    await synchronizeFolder(path.dirname(file))
  },
  remove: async (target) => {
    await fs.promises.rm(target, { recursive: true, force: true })
  },
  synchronizeFolder,
}
