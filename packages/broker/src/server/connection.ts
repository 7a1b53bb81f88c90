/**
 * One client's connection: frames in, answers out.
 *
 * - Requests are worked on concurrently; answers leave in the order of the requests, all that are ready in one write.
 * - Reading stops while too much is being worked on or too little is taken off; nothing is dropped.
 * - Whatever is wrong with a frame ends this connection, with one line, and touches nothing else.
 */
import type net from 'node:net'
import { ProtocolError, Reader, type RequestHeader, readRequestHeader } from 'sluice-kafka-protocol'
import type { Slab, SlabPool } from '../log/slab.ts'
import { unsupportedApiVersions } from '../requests/18-api-versions.ts'
import type { Broker, Connection, RequestContext, RequestDefinition } from '../requests/define.ts'
import { type Frame, FrameReader, FrameSizeError } from './frame-reader.ts'
import { type ReadMode, readInto } from './socket.adapter.ts'
import type { ServerLimits, Traffic } from './traffic.ts'

/** What all connections of a server share. */
export interface ConnectionEnvironment {
  readonly broker: Broker
  readonly requests: ReadonlyMap<number, RequestDefinition>
  readonly pool: SlabPool
  readonly traffic: Traffic
  readonly limits: ServerLimits
  readonly readMode: ReadMode
}

/** A request in its place among the others of its connection. */
interface Slot {
  readonly sizeBytes: number
  chunks: readonly Buffer[] | null
  isDone: boolean
  readonly afterwards: (() => void)[]
}

/** Chunks below this are put together: one more element of a writev costs more than the copy. */
const joinBelowBytes = 4096
const apiVersionsKey = 18

const plainAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '')

export class ClientConnection implements Connection {
  readonly id: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #environment: ConnectionEnvironment
  readonly #socket: net.Socket
  readonly #frames: FrameReader
  readonly #gone = new AbortController()
  readonly #slots: Slot[] = []
  readonly #onClosed: () => void
  readonly #proceed = (): void => this.#resume()
  #inFlightBytes = 0
  #isBlocked = false
  #isClosed = false
  #isEnding = false
  #isFlushPlanned = false
  #activeAtMs: number

  constructor(id: number, accepted: net.Socket, environment: ConnectionEnvironment, onClosed: () => void) {
    this.id = id
    this.localAddress = plainAddress(accepted.localAddress)
    this.localPort = accepted.localPort ?? 0
    this.remoteAddress = plainAddress(accepted.remoteAddress)
    this.remotePort = accepted.remotePort ?? 0
    this.#environment = environment
    this.#onClosed = onClosed
    this.#activeAtMs = environment.broker.clock.now()
    this.#frames = new FrameReader(environment.pool, environment.limits.frameBytesMax)
    this.#socket = readInto(
      accepted,
      { nextBuffer: () => this.#frames.nextBuffer(), received: (sizeBytes) => this.#received(sizeBytes) },
      environment.readMode,
    )
    this.#socket.setNoDelay(true)
    this.#socket.on('error', () => this.#close())
    this.#socket.on('end', () => this.#close())
    this.#socket.on('close', () => this.#close())
    this.#socket.on('drain', this.#proceed)
    this.#socket.resume()
  }

  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get isBusy(): boolean {
    return this.#slots.length > 0
  }

  /** Closes when nothing happened for too long. */
  closeIfIdle(nowMs: number): void {
    if (!this.isBusy && nowMs - this.#activeAtMs > this.#environment.limits.idleMsMax) this.#socket.destroy()
  }

  /** Takes no more requests, answers those it has, then closes. */
  end(): void {
    this.#isEnding = true
    if (this.isBusy) this.#socket.pause()
    else this.#socket.end(() => this.#socket.destroy())
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  #received(sizeBytes: number): boolean {
    if (this.#isClosed) return false
    this.#activeAtMs = this.#environment.broker.clock.now()
    this.#frames.received(sizeBytes)
    this.#takeFrames()
    if (this.#isClosed) return false
    this.#frames.makeRoom()
    return !this.#isBlocked
  }

  /** Begins all requests that are here and allowed to begin. */
  #takeFrames(): void {
    try {
      this.#isBlocked = false
      while (!this.#isClosed && !this.#isEnding) {
        if (!this.#mayBegin()) {
          this.#isBlocked = true
          return
        }
        const frame = this.#frames.next()
        if (frame === null) return
        this.#begin(frame)
      }
    } catch (error) {
      this.#reject(describe(error))
    }
  }

  #mayBegin(): boolean {
    const { limits, traffic } = this.#environment
    if (this.#slots.length >= limits.connectionRequestsMax) return false
    if (this.#inFlightBytes >= limits.connectionInFlightBytesMax) return false
    if (this.#socket.writableLength >= limits.unsentBytesMax) return false
    if (!traffic.isFull) return true
    traffic.wait(this.#proceed)
    return false
  }

  /** Goes on with what waits here, then with reading. */
  #resume(): void {
    if (!this.#isBlocked || this.#isClosed) return
    this.#takeFrames()
    if (!this.#isBlocked && !this.#isClosed) this.#socket.resume()
  }

  #begin(frame: Frame): void {
    const reader = new Reader(frame.slab.bytes, frame.start, frame.end)
    const header = readRequestHeader(reader)
    const definition = this.#environment.requests.get(header.apiKey)
    if (definition === undefined) return this.#reject(`request ${header.apiKey} is unknown here`)
    const { apiVersion } = header
    if (apiVersion < definition.versionMin || apiVersion > definition.versionMax) {
      return this.#refuseVersion(definition, header, frame)
    }
    const { body, slab } = this.#bodyOf(frame, reader, definition)
    if (definition.isFlexible(apiVersion)) body.taggedFields()
    const slot = this.#newSlot(frame)
    if (slab !== null) {
      slab.retain()
      slot.afterwards.push(() => slab.release())
    }
    const context: RequestContext = {
      broker: this.#environment.broker,
      connection: this,
      ...header,
      slab,
      whenSent: (work) => slot.afterwards.push(work),
    }
    definition.handle(body, context).then(
      (chunks) => this.#finish(slot, chunks),
      (error: unknown) => this.#fail(definition, slot, error),
    )
  }

  /** Small frames are copied out of the slab, so that handlers may keep what they like and slabs come free. */
  #bodyOf(frame: Frame, reader: Reader, definition: RequestDefinition): { body: Reader; slab: Slab | null } {
    if (definition.readsInPlace) return { body: reader, slab: frame.slab }
    return {
      body: new Reader(Buffer.from(frame.slab.bytes.subarray(reader.position, frame.end))),
      slab: null,
    }
  }

  #newSlot(frame: Frame): Slot {
    const sizeBytes = frame.end - frame.start
    const slot: Slot = { sizeBytes, chunks: null, isDone: false, afterwards: [] }
    this.#slots.push(slot)
    this.#inFlightBytes += sizeBytes
    this.#environment.traffic.add(sizeBytes)
    return slot
  }

  #refuseVersion(definition: RequestDefinition, header: RequestHeader, frame: Frame): void {
    // Only ApiVersions has an answer for this: a client asks it before it knows any version (KIP-511).
    if (definition.apiKey === apiVersionsKey) {
      this.#finish(this.#newSlot(frame), unsupportedApiVersions(header.correlationId))
      return
    }
    this.#reject(`${definition.name} has no version ${header.apiVersion} here`)
  }

  #finish(slot: Slot, chunks: readonly Buffer[] | null): void {
    slot.chunks = chunks
    slot.isDone = true
    if (this.#isClosed) {
      this.#release(slot)
      return
    }
    if (this.#isFlushPlanned || this.#slots[0] !== slot) return
    this.#isFlushPlanned = true
    // All that gets done in this turn leaves together.
    process.nextTick(() => this.#flush())
  }

  #fail(definition: RequestDefinition, slot: Slot, error: unknown): void {
    const says =
      error instanceof ProtocolError ? error.message : error instanceof Error ? error.stack : String(error)
    this.#reject(`${definition.name}: ${says}`)
    // The connection has gone with all its slots but those whose work went on; this is one of them.
    this.#finish(slot, null)
  }

  /** Sends everything whose turn it is. */
  #flush(): void {
    this.#isFlushPlanned = false
    if (this.#isClosed) return
    const ready: Slot[] = []
    while (this.#slots[0]?.isDone === true) {
      const slot = this.#slots.shift()
      if (slot !== undefined) ready.push(slot)
    }
    if (ready.length === 0) return
    const chunks = joinSmall(ready)
    const done = (): void => {
      for (const slot of ready) this.#release(slot)
      this.#resume()
      if (this.#isEnding && !this.isBusy) this.end()
    }
    if (chunks.length === 0) return done()
    this.#socket.cork()
    for (const [index, chunk] of chunks.entries()) {
      if (index === chunks.length - 1) this.#socket.write(chunk, done)
      else this.#socket.write(chunk)
    }
    this.#socket.uncork()
  }

  #release(slot: Slot): void {
    this.#inFlightBytes -= slot.sizeBytes
    this.#environment.traffic.remove(slot.sizeBytes)
    for (const work of slot.afterwards) work()
    slot.afterwards.length = 0
  }

  #reject(says: string): void {
    if (this.#isClosed) return
    const line = says.replaceAll(/\s*\n\s*/g, ' | ')
    this.#environment.broker.report(`closed ${this.remoteAddress}:${this.remotePort}: ${line}`)
    this.#socket.destroy()
    this.#close()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#environment.traffic.forget(this.#proceed)
    this.#gone.abort()
    // Requests that are done will not be sent any more; the others give back what they hold when they end.
    for (const slot of this.#slots.splice(0)) if (slot.isDone) this.#release(slot)
    this.#frames.close()
    this.#socket.destroy()
    this.#onClosed()
  }
}

/** A client's mistake in a sentence; a mistake of ours with where it happened. */
const describe = (error: unknown): string => {
  if (error instanceof ProtocolError || error instanceof FrameSizeError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The chunks of several answers in a row, small neighbours put together. */
const joinSmall = (slots: readonly Slot[]): Buffer[] => {
  const joined: Buffer[] = []
  let small: Buffer[] = []
  const close = (): void => {
    const [only] = small
    if (only !== undefined) joined.push(small.length === 1 ? only : Buffer.concat(small))
    small = []
  }
  for (const slot of slots) {
    for (const chunk of slot.chunks ?? []) {
      if (chunk.length < joinBelowBytes) small.push(chunk)
      else {
        close()
        joined.push(chunk)
      }
    }
  }
  close()
  return joined
}
