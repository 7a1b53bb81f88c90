/** Who calls: the admin key, as it lies in the data directory, and nobody. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Principal } from '../contract/answers.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'

export const anonymous: Principal = { kind: 'anonymous', name: 'anonymous', permissions: new Set() }

export const admin: Principal = { kind: 'admin', name: 'admin', permissions: 'all' }

/** Where the admin key of a data directory lies. */
export const adminKeyFile = (directory: string): string => path.join(directory, 'admin.key')

const keyPattern = /^sluice_[A-Za-z0-9_-]{43}$/

const isExists = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST'

/**
 * Reads the admin key, or makes one (256 random bits) at the first start. The file is for its owner alone.
 * @throws fault ADMIN_KEY_UNUSABLE
 */
export const ensureAdminKey = async (directory: string): Promise<string> => {
  const file = adminKeyFile(directory)
  try {
    try {
      // Exclusive: of two servers that start at once, one makes the key and both read it.
      await using handle = await open(file, 'wx', 0o600)
      const key = `sluice_${randomBytes(32).toString('base64url')}`
      await handle.writeFile(`${key}\n`)
      await handle.sync()
      return key
    } catch (error) {
      if (!isExists(error)) throw error
    }
    await chmod(file, 0o600)
    const key = (await readFile(file, 'utf8')).trim()
    if (keyPattern.test(key)) return key
  } catch (error) {
    throw fault('ADMIN_KEY_UNUSABLE', { file, problem: messageOf(error) }, error)
  }
  throw fault('ADMIN_KEY_UNUSABLE', { file, problem: 'it holds no key' })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Turns the `Authorization` header of a request into a principal; null where it holds no key that is known. */
export type Authenticate = (authorization: string | undefined) => Principal | null

/** Knows the admin key alone. The comparison takes the same time for every key. */
export const adminKeyAuthentication = (adminKey: string): Authenticate => {
  const known = digest(adminKey)
  return (authorization) => {
    const token = /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    return timingSafeEqual(digest(token), known) ? admin : null
  }
}
