/** Every secret that a configuration names is known to the process, so that its log can hide it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkConfiguration } from './configuration-file.ts'
import { secretsOf } from './secrets.ts'
import { settingsOf } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))
writeFileSync(join(folder, 'secret.txt'), 'in-a-file\n')
writeFileSync(join(folder, 'key.pem'), 'a key')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const settings = settingsOf({
  directory: folder,
  file: null,
  http: null,
  kafka: '127.0.0.1:0',
  postgres: '127.0.0.1:0',
  allowRemote: false,
  logLevel: null,
  workers: null,
})

test.each([
  { sasl: '{ mechanism: plain, username: a, password: in-the-open }', secret: 'in-the-open' },
  { sasl: '{ mechanism: plain, username: a, password_file: secret.txt }', secret: 'in-a-file' },
  { sasl: '{ mechanism: oauthbearer, token_file: secret.txt }', secret: 'in-a-file' },
  {
    sasl: '{ mechanism: oauthbearer, token_url: "https://l.example", client_id: a, client_secret: of-client }',
    secret: 'of-client',
  },
  { sasl: '{ mechanism: aws_msk_iam }', secret: 'opens-the-key' },
])('$secret of $sasl', ({ sasl, secret }) => {
  const tls = 'tls: { cert_file: key.pem, key_file: key.pem, key_password: opens-the-key }'
  const text = `kafka: { brokers: [k.example:9093], ${tls}, sasl: ${sasl} }`
  const { configuration, findings } = checkConfiguration({ text, baseDirectory: folder, fileName: 'c' }, {})
  expect(findings).toEqual([])
  if (configuration === null) throw new Error('no configuration')
  expect(secretsOf(configuration, settings, {})).toEqual(expect.arrayContaining([secret, 'opens-the-key']))
})
