/** Lines of a byte stream, without their ends; bytes are not decoded here, so nothing is lost. */

import { fault } from '../kernel/faults/index.ts'
import { counted } from '../kernel/plural.ts'

const newline = 0x0a
const carriageReturn = 0x0d

/** A line longer than this is refused: a file without line ends must not fill the memory. */
export const lineBytesMax = 16 * 1024 * 1024

const withoutReturn = (line: Buffer): Buffer =>
  line.at(-1) === carriageReturn ? line.subarray(0, line.length - 1) : line

/**
 * @param input how the input is called in a fault
 * @throws fault INPUT_INVALID where a line is too long
 */
export const linesOf = async function* (
  stream: AsyncIterable<Uint8Array>,
  input: string,
): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = []
  let size = 0
  let number = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    let from = 0
    for (;;) {
      const at = bytes.indexOf(newline, from)
      const end = at < 0 ? bytes.length : at
      parts.push(bytes.subarray(from, end))
      size += end - from
      if (size > lineBytesMax) {
        const problem = `the line is longer than ${lineBytesMax} bytes`
        throw fault('INPUT_INVALID', { input, line: number + 1, problem, sent: counted(number, 'record') })
      }
      if (at < 0) break
      yield withoutReturn(Buffer.concat(parts))
      number++
      parts = []
      size = 0
      from = at + 1
    }
  }
  if (size > 0) yield withoutReturn(Buffer.concat(parts))
}

/** The chunks of a stream until it ends or `signal` is aborted: what came before is not lost. */
export const untilAborted = async function* <Chunk>(
  stream: AsyncIterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const iterator = stream[Symbol.asyncIterator]()
  const aborted = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
    signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true })
  })
  while (!signal.aborted) {
    const next = await Promise.race([iterator.next(), aborted])
    if (next.done === true) return
    yield next.value
  }
}
