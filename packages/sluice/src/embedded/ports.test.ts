import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addressText, freeAddress, isLoopback } from './ports.ts'

describe('addresses to listen on', () => {
  test('a taken port is named, with the setting to change', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(
      freeAddress({ host: '127.0.0.1', port }, 'PostgreSQL', '--postgres (SLUICE_POSTGRES)'),
    ).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `The address 127.0.0.1:${port} for PostgreSQL is already in use.`,
      fix: expect.stringContaining('SLUICE_POSTGRES'),
    })
    server.close()
  })

  test('port 0 gives a free one', async () => {
    const { port } = await freeAddress({ host: '127.0.0.1', port: 0 }, 'x', 'y')
    expect(port).toBeGreaterThan(0)
  })

  test('an address that is not ours is refused with what the system says', async () => {
    await expect(freeAddress({ host: '192.0.2.1', port: 0 }, 'x', '--kafka')).rejects.toMatchObject({
      code: 'ADDRESS_UNUSABLE',
    })
  })

  test.each([
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.org', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  test('IPv6 addresses are written in brackets', () => {
    expect(addressText({ host: '::1', port: 1 })).toBe('[::1]:1')
  })
})
