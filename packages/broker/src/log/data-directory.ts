/**
 * What a data directory says about its broker: the cluster id, which never changes, and producer ids, none of which is
 * given twice.
 */
import path from 'node:path'
import type { FileSystem } from './file-system.ts'
import { newTopicId, parseJson } from './topic-catalog.ts'

const fileName = 'broker.json'
const idBlock = 1000n

export class DataDirectory {
  readonly clusterId: string
  readonly #fileSystem: FileSystem
  readonly #file: string
  #nextId: bigint
  /** Ids below are covered by what is on the disk. */
  #reserved: bigint
  #reserving: Promise<void> | null = null

  private constructor(fileSystem: FileSystem, file: string, clusterId: string, nextId: bigint) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.clusterId = clusterId
    this.#nextId = nextId
    this.#reserved = nextId
  }

  /** Opens a directory, making it when it isn't there. Throws when its file cannot be understood. */
  static async open(fileSystem: FileSystem, directory: string): Promise<DataDirectory> {
    await fileSystem.makeFolder(directory)
    const file = path.join(directory, fileName)
    const content = await fileSystem.readWhole(file)
    if (content === null) {
      const fresh = new DataDirectory(fileSystem, file, newTopicId(), 1n)
      await fresh.#save(1n)
      return fresh
    }
    const parsed = parseJson(content.toString('utf8'))
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'clusterId' in parsed &&
      'nextProducerId' in parsed
    ) {
      const { clusterId, nextProducerId } = parsed
      if (
        typeof clusterId === 'string' &&
        typeof nextProducerId === 'string' &&
        /^\d+$/.test(nextProducerId)
      ) {
        return new DataDirectory(fileSystem, file, clusterId, BigInt(nextProducerId))
      }
    }
    throw new Error(`${file} is damaged: it does not say which cluster this is`)
  }

  async #save(nextProducerId: bigint): Promise<void> {
    const state = { version: 1, clusterId: this.clusterId, nextProducerId: String(nextProducerId) }
    await this.#fileSystem.writeWhole(this.#file, Buffer.from(`${JSON.stringify(state)}\n`))
  }

  /** A producer id that was never given in this directory, nor will be again. */
  async nextProducerId(): Promise<bigint> {
    while (this.#nextId >= this.#reserved) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = null
      })
      await this.#reserving
    }
    const id = this.#nextId
    this.#nextId += 1n
    return id
  }

  async #reserve(): Promise<void> {
    const upTo = this.#nextId + idBlock
    await this.#save(upTo)
    this.#reserved = upTo
  }
}
