/** How far a batch may unfold. */
import { ProtocolError } from '../codec/protocol-error.ts'

/** A batch that unfolds to more than this is refused, unless the caller says otherwise. */
export const decompressedBytesMax = 256 * 1024 * 1024

export const unfoldsTooFar = (bytesMax: number): ProtocolError =>
  new ProtocolError('invalid', `it unfolds to more than ${bytesMax} bytes`)
