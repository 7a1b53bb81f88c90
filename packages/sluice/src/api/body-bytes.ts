/**
 * Bounds the bytes of all bodies that are received and not yet answered: however many callers send at once, or send
 * slowly, the process keeps no more. Whoever would go beyond is told to come again.
 */
import { Transform } from 'node:stream'
import { type Fault, fault } from '../kernel/faults/index.ts'

export interface BodyBytes {
  /** Admits a body by the length it announces, before any of it is read. @throws fault TOO_BUSY */
  admit(announced: string | undefined): void
  /** Counts a body while it passes; it fails with TOO_BUSY at the bound. */
  counted(body: NodeJS.ReadableStream): { readonly stream: Transform; readonly release: () => void }
}

export const createBodyBytes = (bytesMax: number): BodyBytes => {
  let held = 0
  const tooBusy = (): Fault =>
    fault('TOO_BUSY', {
      what: 'What this server is receiving',
      limit: `${bytesMax} bytes`,
      retryAfterSeconds: 1,
    })
  return {
    admit: (announced) => {
      if (held > 0 && held + Number(announced ?? 0) > bytesMax) throw tooBusy()
    },
    counted: (body) => {
      let own = 0
      let released = false
      const stream = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          if (held + chunk.length > bytesMax) {
            // What still comes is read and forgotten, so that the caller gets to read the answer.
            body.unpipe(stream)
            body.resume()
            done(tooBusy())
            return
          }
          own += chunk.length
          held += chunk.length
          done(null, chunk)
        },
      })
      body.on('error', (error: Error) => stream.destroy(error))
      body.pipe(stream)
      return {
        stream,
        release: () => {
          if (!released) held -= own
          released = true
        },
      }
    },
  }
}
