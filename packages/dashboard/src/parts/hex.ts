/** Bytes in rows: place, hexadecimal, and what reads as ASCII. One row is made when it is looked at. */

/** As many bytes a row as a view has room for. */
export type BytesPerRow = 8 | 16

/** One row of a hex view. */
export interface HexRow {
  /** Place of the first byte, eight digits. */
  readonly place: string
  /** Two digits a byte, a wider gap after eight; padded to full width. */
  readonly hex: string
  /** Printable ASCII; a middle dot for all else. */
  readonly text: string
}

export const hexRowCount = (bytes: Uint8Array, bytesPerRow: BytesPerRow = 16): number =>
  Math.ceil(bytes.length / bytesPerRow)

/** The `row`-th sixteen (or eight) bytes. */
export const hexRow = (bytes: Uint8Array, row: number, bytesPerRow: BytesPerRow = 16): HexRow => {
  const from = row * bytesPerRow
  const part = bytes.subarray(from, from + bytesPerRow)
  const pairs = Array.from({ length: bytesPerRow }, (_, at) => {
    const byte = part[at]
    return byte === undefined ? '  ' : byte.toString(16).padStart(2, '0')
  })
  const text = Array.from(part, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join(
    '',
  )
  return {
    place: from.toString(16).padStart(8, '0'),
    hex: bytesPerRow === 8 ? pairs.join(' ') : `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`,
    text,
  }
}

/** Bytes of base64 text; null where it is none. */
export const bytesOfBase64 = (text: string): Uint8Array | null => {
  try {
    const binary = atob(text)
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
    return bytes
  } catch {
    return null
  }
}

/** Text of bytes when they are valid UTF-8, else null. */
export const textOfBytes = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
