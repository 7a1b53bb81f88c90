/** CRC-32C by the native add-on where its prebuilt binary is installed, else in plain JavaScript. */
import { createRequire } from 'node:module'
import { type Crc32c, crc32c as plainCrc32c } from 'sluice-kafka-protocol'

const isCrc32c = (value: unknown): value is Crc32c => typeof value === 'function'

const load = (): Crc32c => {
  try {
    const native: unknown = createRequire(import.meta.url)('@node-rs/crc32')
    const found: unknown =
      typeof native === 'object' && native !== null ? Reflect.get(native, 'crc32c') : undefined
    return isCrc32c(found) ? found : plainCrc32c
  } catch {
    // An optional dependency: there is no binary for this platform.
    return plainCrc32c
  }
}

export const crc32c: Crc32c = load()
