import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../errors/kafka-error.ts'
import { openTlsWire, tlsProblem } from './tls-wire.ts'

const withCode = (code: string): Error => Object.assign(new Error('some words'), { code })

// Codes as Node 24 with OpenSSL 3 gives them.
describe('what goes wrong with TLS is sorted by what mends it', () => {
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'BROKER_NOT_TRUSTED'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'BROKER_NOT_TRUSTED'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'BROKER_NOT_TRUSTED'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'BROKER_NOT_TRUSTED'],
    ['CERT_HAS_EXPIRED', 'BROKER_NOT_TRUSTED'],
    ['CERT_SIGNATURE_FAILURE', 'BROKER_NOT_TRUSTED'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'BROKER_NOT_TRUSTED'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'AUTHENTICATION_FAILED'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'AUTHENTICATION_FAILED'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'AUTHENTICATION_FAILED'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'AUTHENTICATION_FAILED'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'AUTHENTICATION_FAILED'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'CONNECTION_LOST'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'CONNECTION_LOST'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'CONNECTION_LOST'],
    ['ECONNRESET', 'CONNECTION_LOST'],
    ['ECONNREFUSED', 'CONNECTION_LOST'],
  ])('%s is %s', (code, expected) => {
    expect(tlsProblem('broker:9093', withCode(code))).toMatchObject({ code: expected })
  })

  test('what is sorted already stays so', () => {
    const known = new KafkaError('TIMED_OUT', 'broker', 'late')
    expect(tlsProblem('broker:9093', known)).toBe(known)
  })
})

test('a port that answers something else than TLS says so', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const port = typeof at === 'object' ? (at?.port ?? 0) : 0
  await expect(openTlsWire({ host: '127.0.0.1', port }, 'test', true)).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    message: expect.stringContaining('does not speak TLS'),
  })
  server.close()
})

test('certificates that cannot be had now are something to try again', async () => {
  const source = (): never => {
    throw new Error('ENOENT: ca.pem')
  }
  await expect(openTlsWire({ host: '127.0.0.1', port: 1 }, 'test', source)).rejects.toMatchObject({
    code: 'CREDENTIALS_MISSING',
    advice: 'retry',
    message: expect.stringContaining('ca.pem'),
  })
})
