/** How an own cluster is reached, as the file says it. */
import { describe, expect, test } from 'vitest'
import { formatFinding } from './findings.ts'
import { lintConfig } from './lint.ts'

const lint = (kafka: string) => {
  const { findings, configuration } = lintConfig(`kafka: { brokers: [k.example:9093], ${kafka} }\n`, {
    fileName: 'sluice.yaml',
    environment: { SECRET: 'from-env' },
    readSecretFile: (path) => {
      if (path === 'missing.pem') throw new Error('there is no file missing.pem')
      return 'text'
    },
    readJson: () => ({}),
    pathOf: (path) => `/etc/sluice/${path}`,
    sources: [],
    sinks: [],
    transforms: [],
  })
  const lines = findings.map((each) => formatFinding(each).replace(/^sluice\.yaml:/, ''))
  return { lines, kafka: configuration?.kafka }
}

test.each([
  { says: 'not encrypted', text: '', tls: false },
  { says: 'encrypted', text: 'tls: true', tls: true },
  {
    says: 'encrypted with an authority of its own',
    text: 'tls: { ca_file: ca.pem }',
    tls: { caFile: '/etc/sluice/ca.pem', certFile: null, keyFile: null, keyPassword: null, serverName: null },
  },
  {
    says: 'encrypted with a certificate of the client',
    text: 'tls: { cert_file: c.pem, key_file: k.pem, key_password: "${SECRET}", server_name: kafka }',
    tls: {
      caFile: null,
      certFile: '/etc/sluice/c.pem',
      keyFile: '/etc/sluice/k.pem',
      keyPassword: 'from-env',
      serverName: 'kafka',
    },
  },
])('a connection is $says', ({ text, tls }) => {
  const { lines, kafka } = lint(text)
  expect(lines).toEqual([])
  expect(kafka).toEqual({ brokers: ['k.example:9093'], tls, sasl: null })
})

test.each([
  {
    text: 'sasl: { mechanism: scram-sha-512, username: a, password: b }',
    sasl: { mechanism: 'scram-sha-512', username: 'a', password: 'b' },
  },
  {
    text: 'tls: true, sasl: { mechanism: plain, username: a, password_file: run/secret }',
    sasl: { mechanism: 'plain', username: 'a', password: { file: '/etc/sluice/run/secret' } },
  },
  {
    text: 'tls: true, sasl: { mechanism: oauthbearer, token_file: token }',
    sasl: { mechanism: 'oauthbearer', token: { file: '/etc/sluice/token' } },
  },
  {
    text: 'tls: true, sasl: { mechanism: oauthbearer, token_url: "https://l.example/t", client_id: a, client_secret: b, scope: c }',
    sasl: {
      mechanism: 'oauthbearer',
      token: { url: 'https://l.example/t', clientId: 'a', clientSecret: 'b', scope: 'c' },
    },
  },
  {
    text: 'tls: true, sasl: { mechanism: aws_msk_iam }',
    sasl: { mechanism: 'aws_msk_iam', region: null },
  },
  {
    text: 'tls: true, sasl: { mechanism: aws_msk_iam, region: eu-central-1 }',
    sasl: { mechanism: 'aws_msk_iam', region: 'eu-central-1' },
  },
])('$text', ({ text, sasl }) => {
  const { lines, kafka } = lint(text)
  expect(lines).toEqual([])
  expect(kafka).toMatchObject({ sasl })
})

describe('what does not go together is told', () => {
  test.each([
    {
      text: 'tls: { cert_file: c.pem }',
      line: '1:42: cert_file and key_file belong together; name both',
    },
    {
      text: 'tls: { ca_file: missing.pem }',
      line: '1:53: ca_file cannot be read: there is no file missing.pem; check the path',
    },
    {
      text: 'sasl: { mechanism: scram-sha-256, username: a }',
      line: '1:43: sasl with scram-sha-256 lacks password or password_file; add password or password_file',
    },
    {
      text: 'sasl: { mechanism: scram-sha-256, username: a, password: b, password_file: c }',
      line: '1:97: password or password_file: one of them; take the other out',
    },
    {
      text: 'sasl: { mechanism: scram-sha-256, username: a, password: b, region: c }',
      line: '1:97: region means nothing with scram-sha-256; it takes username, password, password_file',
    },
    {
      text: 'tls: true, sasl: { mechanism: oauthbearer }',
      line: '1:54: sasl with oauthbearer lacks token_file or token_url; add token_file or token_url',
    },
    {
      text: 'tls: true, sasl: { mechanism: oauthbearer, token_url: "https://l.example/t", client_id: a }',
      line: '1:54: sasl lacks "client_secret"; token_url wants client_id and client_secret',
    },
    {
      text: 'tls: true, sasl: { mechanism: oauthbearer, token_file: t, scope: a }',
      line: '1:95: scope means nothing without token_url; leave it out',
    },
  ])('$text', ({ text, line }) => {
    const { lines, kafka } = lint(text)
    expect(lines).toEqual([line])
    expect(kafka).toBeUndefined()
  })

  test.each(['plain, username: a, password: b', 'oauthbearer, token_file: t', 'aws_msk_iam'])(
    'a secret that would be said in the open is a warning: %s',
    (sasl) => {
      const { lines, kafka } = lint(`sasl: { mechanism: ${sasl} }`)
      expect(lines).toEqual([
        expect.stringMatching(/whoever is in between can read the secret; write tls: true/),
      ])
      expect(kafka).toBeDefined()
    },
  )
})
