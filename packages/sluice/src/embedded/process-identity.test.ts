import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { identityOf, isSameProcess } from './process-identity.ts'

describe('the identity of a process', () => {
  test('stays the same while it runs', () => {
    const identity = identityOf(process.pid)
    expect(identity).toBeTypeOf('string')
    expect(identityOf(process.pid)).toBe(identity)
  })

  test('is gone when the process is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const pid = child.pid ?? 0
    const name = { pid, identity: identityOf(pid) ?? '' }
    expect(isSameProcess(name)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isSameProcess(name)).toBe(false)
    expect(identityOf(pid)).toBeUndefined()
  })

  test('does not take a number that was given away for the same process', () => {
    expect(isSameProcess({ pid: process.pid, identity: 'boot/1' })).toBe(false)
  })

  test.each([0, -1, Number.NaN, 2 ** 40])('knows no process %d', (pid) => {
    expect(identityOf(pid)).toBeUndefined()
  })
})
