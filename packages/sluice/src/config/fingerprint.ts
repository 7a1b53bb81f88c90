/** Fingerprints of definitions: equal for equal meaning, whatever order and spacing the file has. No security rests on them. */

/** JSON with sorted keys; what stands at a place in `secrets` is written as its reference, never as its value. */
export const canonicalText = (
  value: unknown,
  secrets: ReadonlyMap<string, string> = new Map(),
  path = '',
): string => {
  const secret = secrets.get(path)
  if (secret !== undefined) return `"secret ${secret}"`
  const below = (key: string | number): string => (path === '' ? String(key) : `${path}/${key}`)
  if (Array.isArray(value))
    return `[${value.map((item, i) => canonicalText(item, secrets, below(i))).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item, secrets, below(key))}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

const prime = 0x0000000001000000000000000000013bn
const basis = 0x6c62272e07bb014262b821756295c58dn

/** FNV-1a of 128 bits over the UTF-8 bytes, as 32 hexadecimal digits. */
export const fingerprintOf = (text: string): string => {
  let hash = basis
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * prime)
  return hash.toString(16).padStart(32, '0')
}
