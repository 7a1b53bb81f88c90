/** Folders of their own for tests, below the system's temporary folder. */
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestFolder extends Disposable {
  readonly path: string
}

/** Makes a folder that is removed with everything in it. With `userId`, it belongs to that user. */
export const testFolder = (name: string, userId?: number): TestFolder => {
  const path = mkdtempSync(join(tmpdir(), `sluice-${name}-`))
  if (userId !== undefined && process.getuid?.() === 0) {
    chownSync(path, userId, userId)
    chmodSync(path, 0o700)
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}
