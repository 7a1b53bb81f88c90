/** TLS and SASL of the Kafka client against Apache Kafka: the doors that open, those that do not, and sessions that go on. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  clientCredentials,
  isKafkaError,
  KafkaCluster,
  Peek,
  Producer,
  type Sasl,
  type TlsSource,
} from 'sluice-kafka-client/parts'
import { Fetch } from 'sluice-kafka-protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import { Writer } from '../../packages/sluice/src/connectors/kafka/client/writer.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { kafkaTool } from '../support/apache-kafka.ts'
import { newAuthority } from '../support/certificates.ts'
import { testFolder } from '../support/folder.ts'
import { describeWith } from '../support/requires.ts'
import { uniqueName } from './brokers.ts'
import { type SecureKafka, sessionMs, startSecureKafka, users } from './secure-kafka.ts'

type Certificates = Exclude<Awaited<ReturnType<TlsSource>>, undefined>

const brokerId = 1

describeWith(['apache-kafka'], 'a secured Apache Kafka', () => {
  let secure: SecureKafka
  beforeAll(async () => {
    secure = await startSecureKafka()
  })
  afterAll(async () => {
    await secure[Symbol.asyncDispose]()
  })

  const open = (address: string, tls: boolean | Certificates | TlsSource, sasl: Sasl | null = null) =>
    new KafkaCluster({ brokers: [address], clientId: 'test', tls, sasl })

  const trusting = (): Certificates => ({ ca: secure.authority.ca })
  const signedIn = (sasl: Sasl): KafkaCluster => open(secure.sasl, trusting(), sasl)

  const newTopic = async (cluster: KafkaCluster, partitions = 1): Promise<string> => {
    const name = uniqueName('secure')
    await new Admin(cluster, systemClock).createTopic({ name, partitions, replicationFactor: 1, configs: {} })
    // Made is not yet known.
    const ready = async (): Promise<boolean> => {
      const known = (await cluster.topic(name))?.partitions.filter(({ leader }) => leader === brokerId)
      return known?.length === partitions
    }
    await expect.poll(ready, { timeout: 30_000 }).toBe(true)
    return name
  }

  const writerOn = (cluster: KafkaCluster): Writer =>
    new Writer(
      cluster,
      new Producer(
        cluster,
        { acks: 'all', compression: 'none', batchBytes: 1_000_000, lingerMs: 0, deliveryTimeoutMs: 30_000 },
        systemClock,
        seededRandom(1),
      ),
    )

  const recordTo = (topic: string, value: Buffer, partition = 0) => ({
    topic,
    partition,
    key: null,
    value,
    headers: [],
    timeMs: 1,
  })

  /** Writes and reads records of 700 KB, whose answers are cut into many pieces on their way. */
  const roundTrip = async (cluster: KafkaCluster): Promise<'the same'> => {
    const topic = await newTopic(cluster)
    const values = Array.from({ length: 4 }, (_, i) => Buffer.alloc(700_000, i + 1))
    for (const value of values) await writerOn(cluster).send([recordTo(topic, value)])
    const peek = new Peek(cluster)
    for (const [offset, value] of values.entries()) {
      const [got] = await peek.read(
        { topic, from: new Map([[0, BigInt(offset)]]), maxBytes: 3_000_000, waitMs: 5_000 },
        AbortSignal.timeout(30_000),
      )
      const records = got?.kind === 'peeked' ? got.records : null
      const read = records?.bytes.subarray(records.valueStart[0], records.valueEnd[0])
      expect(read?.equals(value)).toBe(true)
    }
    return 'the same'
  }

  /** What connecting ends with: its code, and its words. */
  const refusal = async (
    cluster: KafkaCluster,
  ): Promise<{ readonly code: string; readonly says: string }> => {
    using held = cluster
    try {
      await held.metadata([])
    } catch (error) {
      if (isKafkaError(error)) return { code: error.code, says: error.message }
      throw error
    }
    throw new Error('It was let in')
  }

  describe('by TLS', () => {
    test('lets in who knows its authority', async () => {
      using cluster = open(secure.tls, trusting())
      expect(await roundTrip(cluster)).toBe('the same')
    })

    test.each<{ says: string; tls: () => boolean | Certificates; problem: RegExp }>([
      { says: 'an authority that the system does not know', tls: () => true, problem: /certificate/i },
      {
        says: 'another authority of the same name',
        tls: () => ({ ca: newAuthority().ca }),
        problem: /certificate|signature/i,
      },
      {
        says: 'a name that is not in the certificate',
        tls: () => ({ ...trusting(), servername: 'other.test' }),
        problem: /other\.test/,
      },
    ])('is not trusted with $says', async ({ tls, problem }) => {
      const { code, says } = await refusal(open(secure.tls, tls()))
      expect(code).toBe('BROKER_NOT_TRUSTED')
      expect(says).toMatch(problem)
    })

    test('is trusted by a name in its certificate that is not its address', async () => {
      using cluster = open(secure.tls, { ...trusting(), servername: 'kafka.test' })
      expect((await cluster.metadata([])).brokers).toEqual([secure.tls])
    })

    describe('with the check of certificates switched off by the environment', () => {
      const name = 'NODE_TLS_REJECT_UNAUTHORIZED'
      afterEach(() => {
        delete process.env[name]
      })
      test('is not trusted all the same', async () => {
        process.env[name] = '0'
        expect((await refusal(open(secure.tls, true))).code).toBe('BROKER_NOT_TRUSTED')
      })
    })

    test('is taken as it is where that is said', async () => {
      using cluster = open(secure.tls, { rejectUnauthorized: false })
      expect((await cluster.metadata([])).brokers).toEqual([secure.tls])
    })

    test('tells certificates that cannot be read at once', async () => {
      const { code } = await refusal(open(secure.tls, { cert: 'nonsense', key: 'nonsense' }))
      expect(code).toBe('OPTION_INVALID')
    })

    test.each([
      { says: 'speaks TLS to a port that does not', to: () => open(secure.plain, trusting()) },
      { says: 'does not speak TLS to a port that does', to: () => open(secure.tls, false) },
    ])('is lost at once to who $says', async ({ to }) => {
      const began = performance.now()
      expect((await refusal(to())).code).toBe('CONNECTION_LOST')
      expect(performance.now() - began).toBeLessThan(15_000)
    })
  })

  describe('by certificates of clients', () => {
    test('lets in who shows one of its authority', async () => {
      const { cert, key } = secure.authority.issue('client', [])
      using cluster = open(secure.mutualTls, { ...trusting(), cert, key })
      expect(await roundTrip(cluster)).toBe('the same')
    })

    test('takes a renewed one with the next connection', async () => {
      const issued = [secure.authority.issue('client', [], -1), secure.authority.issue('client', [])]
      const source: TlsSource = () => {
        const { cert, key } = issued[0] ?? { cert: '', key: '' }
        return { ...trusting(), cert, key }
      }
      using cluster = open(secure.mutualTls, source)
      await expect(cluster.metadata([])).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
      issued.shift()
      await cluster.metadata([])
    })

    test.each<{ says: string; identity: () => Certificates }>([
      { says: 'none', identity: () => ({}) },
      { says: 'one that ended', identity: () => secure.authority.issue('client', [], -1) },
      { says: 'one of another authority', identity: () => newAuthority('Another').issue('client', []) },
    ])('refuses who shows $says', async ({ identity }) => {
      const { code, says } = await refusal(open(secure.mutualTls, { ...trusting(), ...identity() }))
      // Who shows none that the authority would have signed may be asked without an answer.
      expect([code, says]).toEqual(['AUTHENTICATION_FAILED', expect.stringContaining('certificate')])
    })
  })

  const ways = [
    { says: 'PLAIN', sasl: (): Sasl => ({ mechanism: 'PLAIN', ...users.plain }) },
    { says: 'SCRAM-SHA-256', sasl: (): Sasl => ({ mechanism: 'SCRAM-SHA-256', ...users.scram }) },
    { says: 'SCRAM-SHA-512', sasl: (): Sasl => ({ mechanism: 'SCRAM-SHA-512', ...users.scram }) },
    {
      says: 'OAUTHBEARER',
      sasl: (): Sasl => ({ mechanism: 'OAUTHBEARER', token: () => secure.token('alice', 60) }),
    },
  ]

  describe('by SASL over TLS', () => {
    test.each(ways)('lets in with $says', async ({ sasl }) => {
      using cluster = signedIn(sasl())
      expect(await roundTrip(cluster)).toBe('the same')
    })

    test.each<{ says: string; sasl: () => Sasl; problem: RegExp }>([
      {
        says: 'a wrong password (PLAIN)',
        sasl: () => ({ mechanism: 'PLAIN', username: 'admin', password: 'guessed-it' }),
        problem: /invalid username or password/i,
      },
      {
        says: 'a wrong password (SCRAM)',
        sasl: () => ({ ...users.scram, mechanism: 'SCRAM-SHA-512', password: 'guessed-it' }),
        problem: /invalid credentials/i,
      },
      {
        says: 'a name that nobody has',
        sasl: () => ({ mechanism: 'SCRAM-SHA-256', username: 'nobody', password: 'guessed-it' }),
        problem: /invalid credentials/i,
      },
      {
        says: 'a token that ended',
        sasl: () => ({ mechanism: 'OAUTHBEARER', token: () => secure.token('alice', -10) }),
        problem: /invalid_token|expir|invalid credentials/i,
      },
      {
        says: 'a token that somebody changed',
        sasl: () => ({
          mechanism: 'OAUTHBEARER',
          token: () => secure.token('alice', 60).replace(/.{10}$/, 'AAAAAAAAAA'),
        }),
        problem: /invalid_token|invalid credentials/i,
      },
      {
        says: 'a mechanism that is not offered',
        sasl: () => ({
          mechanism: 'AWS_MSK_IAM',
          region: 'eu-central-1',
          credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'guessed-it' }),
        }),
        problem: /does not take AWS_MSK_IAM, but .*PLAIN/,
      },
    ])('refuses $says, for good and without telling a secret', async ({ sasl, problem }) => {
      const { code, says } = await refusal(signedIn(sasl()))
      expect(code).toBe('AUTHENTICATION_FAILED')
      expect(says).toMatch(problem)
      expect(says).not.toMatch(/guessed-it|eyJ/)
    })

    test('says where nobody signs in', async () => {
      const { code, says } = await refusal(
        open(secure.tls, trusting(), { mechanism: 'PLAIN', ...users.plain }),
      )
      expect([code, says]).toEqual(['AUTHENTICATION_FAILED', expect.stringContaining('leave sasl out')])
    })

    test.each<{ says: string; token: () => string | Promise<string> }>([
      { says: 'fails', token: () => Promise.reject(new Error('token-secret')) },
      { says: 'gives no token', token: () => 'no token at all' },
      {
        says: 'asks an endpoint that is not there',
        token: () =>
          clientCredentials({ url: 'http://127.0.0.1:1/', clientId: 'a', clientSecret: 'token-secret' })(
            AbortSignal.timeout(10_000),
          ),
      },
    ])('can be tried again when the token function $says', async ({ token }) => {
      const { code, says } = await refusal(signedIn({ mechanism: 'OAUTHBEARER', token }))
      expect(code).toBe('CREDENTIALS_MISSING')
      expect(says).not.toContain('token-secret')
    })
  })

  /** Asks for records that never come, so that something is always under way. */
  const pollWhile = async (cluster: KafkaCluster, topic: string, goesOn: () => boolean): Promise<number> => {
    const connection = await cluster.connectionTo(brokerId, 'poll')
    let polls = 0
    for (; goesOn(); polls++) {
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }]
      const asked = { maxWaitMs: 300, minBytes: 1, topics: [{ topic, partitions }] }
      await connection.request(Fetch, asked, { versionMax: 12 })
    }
    expect(await cluster.connectionTo(brokerId, 'poll')).toBe(connection)
    return polls
  }

  describe('as the configuration names it', () => {
    test('lets in with an authority and a token that stand in files', async () => {
      using folder = testFolder('secure-client')
      const file = (name: string, text: string): string => {
        const path = join(folder.path, name)
        writeFileSync(path, text)
        return path
      }
      const client = openKafkaClient(
        {
          brokers: [secure.sasl],
          clientId: 'test',
          tls: {
            caFile: file('ca.pem', secure.authority.ca),
            certFile: null,
            keyFile: null,
            keyPassword: null,
            serverName: null,
          },
          sasl: {
            mechanism: 'oauthbearer',
            token: { file: file('token', `${secure.token('alice', 60)}\n`) },
          },
        },
        systemClock,
        seededRandom(1),
      )
      await using admin = await client.admin()
      const { brokers } = await admin.cluster()
      expect(brokers).toEqual([secure.sasl])
    })
  })

  describe('whose sessions end soon', () => {
    test.each([
      {
        says: 'SCRAM',
        sasl: (asked: () => void): Sasl => ({
          mechanism: 'SCRAM-SHA-512',
          username: users.scram.username,
          password: () => {
            asked()
            return users.scram.password
          },
        }),
      },
      {
        says: 'tokens',
        sasl: (asked: () => void): Sasl => ({
          mechanism: 'OAUTHBEARER',
          token: () => {
            asked()
            return secure.token('alice', 60)
          },
        }),
      },
    ])('stays connected by $says, and loses nothing', async ({ sasl }) => {
      let signIns = 0
      using cluster = signedIn(
        sasl(() => {
          signIns++
        }),
      )
      const quiet = await newTopic(cluster)
      const topic = await newTopic(cluster, 3)
      const writer = writerOn(cluster)
      const until = performance.now() + 3.5 * sessionMs
      const goesOn = (): boolean => performance.now() < until
      const write = async (partition: number): Promise<number> => {
        let next = 0
        for (; goesOn(); next++) {
          const sent = await writer.send([recordTo(topic, Buffer.from(String(next)), partition)])
          // An offset that is not the next one tells of a record that is missing or there twice.
          expect(sent).toEqual([{ topic, partition, offset: BigInt(next) }])
          await sleep(5)
        }
        return next
      }
      const [polls, ...written] = await Promise.all([
        pollWhile(cluster, quiet, goesOn),
        write(0),
        write(1),
        write(2),
      ])
      expect(polls).toBeGreaterThan(3)
      for (const count of written) expect(count).toBeGreaterThan(20)
      // Three connections (control, producer, poll), each of which signed in at first and three times again.
      expect(signIns).toBeGreaterThanOrEqual(8)
    })

    test('goes on under another name by a new connection', async () => {
      let subject = 'alice'
      using cluster = signedIn({ mechanism: 'OAUTHBEARER', token: () => secure.token(subject, 60) })
      const topic = await newTopic(cluster)
      const writer = writerOn(cluster)
      const until = performance.now() + 2 * sessionMs
      let next = 0
      for (; performance.now() < until; next++) {
        const sent = await writer.send([recordTo(topic, Buffer.from(String(next)))])
        expect(sent).toEqual([{ topic, partition: 0, offset: BigInt(next) }])
        subject = 'bob'
        await sleep(20)
      }
      expect(next).toBeGreaterThan(20)
    })

    test('goes on with a password that was changed meanwhile', async () => {
      const { username } = users.changing
      let password: string = users.changing.password
      using cluster = signedIn({ mechanism: 'SCRAM-SHA-512', username, password: () => password })
      const connection = await cluster.anyConnection('control')
      password = 'another-one'
      const who = ['--bootstrap-server', secure.plain, '--entity-type', 'users', '--entity-name', username]
      const what = ['--alter', '--add-config', `SCRAM-SHA-512=[password=${password}]`]
      const changed = await kafkaTool('kafka.admin.ConfigCommand', [...who, ...what])
      expect(changed).toMatchObject({ code: 0 })
      await sleep(sessionMs)
      for (let time = 0; time < 4; time++) {
        await cluster.metadata([])
        await sleep(sessionMs / 4)
      }
      expect(await cluster.anyConnection('control')).toBe(connection)
    })

    test('waits out a source of tokens that fails for longer than a session', async () => {
      const began = performance.now()
      const failsFrom = 0.3 * sessionMs
      const failsUntil = 2 * sessionMs
      let failures = 0
      using cluster = signedIn({
        mechanism: 'OAUTHBEARER',
        token: () => {
          const at = performance.now() - began
          if (at < failsFrom || at > failsUntil) return secure.token('alice', 60)
          failures++
          throw new Error('The authorization server is down')
        },
      })
      const topic = await newTopic(cluster)
      const writer = writerOn(cluster)
      let next = 0
      for (; performance.now() - began < 3 * sessionMs; next++) {
        const sent = await writer.send([recordTo(topic, Buffer.from(String(next)))])
        // -1: it was written by an attempt whose answer was lost with the connection.
        expect([BigInt(next), -1n]).toContain(sent[0]?.offset)
        await sleep(20)
      }
      expect(failures).toBeGreaterThan(1)
      const [end] = await new Peek(cluster).read(
        { topic, from: new Map([[0, 0n]]), maxBytes: 1_000, waitMs: 5_000 },
        AbortSignal.timeout(30_000),
      )
      expect(end).toMatchObject({ kind: 'peeked', latest: BigInt(next) })
    })

    test('ends for who has the wrong password by then', async () => {
      let password: string = users.scram.password
      using cluster = signedIn({
        mechanism: 'SCRAM-SHA-256',
        username: users.scram.username,
        password: () => password,
      })
      await cluster.metadata([])
      password = 'guessed-it'
      await sleep(sessionMs)
      // The old connection is gone, which could be tried again; a new one is refused for good.
      await expect(cluster.metadata([])).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        message: expect.stringContaining('signing in again failed'),
      })
      await expect(cluster.metadata([])).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    })
  })
})
