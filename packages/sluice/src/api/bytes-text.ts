/** Bytes of records as text and back: as they are where they are UTF-8, else in base64. */

export type Encoding = 'utf8' | 'base64'

export interface EncodedText {
  readonly text: string | null
  readonly encoding: Encoding | null
}

// The mark at the start of some files belongs to the bytes: without ignoreBOM it would vanish.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const textOf = (bytes: Uint8Array | null): EncodedText => {
  if (bytes === null) return { text: null, encoding: null }
  try {
    return { text: utf8.decode(bytes), encoding: 'utf8' }
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  }
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** null where text is said to be base64 and is not. */
export const bytesOf = (text: string, encoding: Encoding): Buffer | null => {
  if (encoding === 'utf8') return Buffer.from(text, 'utf8')
  return base64Pattern.test(text) ? Buffer.from(text, 'base64') : null
}
