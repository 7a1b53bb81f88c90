/** A real Apache Kafka (KRaft, one node) for tests and benchmarks, with its command-line tools. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KafkaCluster } from 'sluice-kafka-client/parts'
import { findRealPart } from '../../tools/real-parts.ts'
import { type TestFolder, testFolder } from './folder.ts'
import { freePorts, startPart, type TestPart, untilListening } from './part.ts'

export interface ApacheKafkaOptions {
  /** Flushes to disk before each acknowledgement; Kafka's default leaves that to the system. */
  readonly fsync?: boolean
  /** Levels of the cluster's features that are not the newest, such as `{ 'transaction.version': 1 }`. */
  readonly features?: Readonly<Record<string, number>>
  /** More lines of `server.properties`. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  /** One of several nodes: its number, and `id@host:port` of every controller. Left out: the only one. */
  readonly node?: { readonly id: number; readonly voters: string; readonly clusterId: string }
  /** Port for clients and port of the controller; left out: any. */
  readonly ports?: readonly number[]
  /** Further listeners, each with its security protocol (SSL, SASL_SSL, …) and a port of its own. */
  readonly listeners?: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
  /** Users for SCRAM; neither name nor password may hold a comma. */
  readonly scram?: readonly { readonly mechanism: string; readonly name: string; readonly password: string }[]
  /** How Java is run. The default starts quickly and stays small; a benchmark says otherwise. */
  readonly jvm?: readonly string[]
}

export interface ApacheKafka extends AsyncDisposable {
  /** What clients take as bootstrap server. */
  readonly address: string
  readonly port: number
  readonly pid: () => number
  readonly output: () => string
  /** SIGKILL; the data stays. */
  kill(): Promise<void>
  /** Starts it again on the same data and port. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

const quickJvm = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

const logging = `
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%p %c{1}: %m%n
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
`

const jars = (): string => {
  const folder = findRealPart('apache-kafka')
  if (folder === undefined) throw new Error('There is no Apache Kafka; npm run real-parts fetches it')
  return join(folder, '*')
}

/** Runs one of Kafka's own tools, such as `org.apache.kafka.tools.TopicCommand`; resolves to how it ended. */
export const kafkaTool = async (
  mainClass: string,
  args: readonly string[],
  { input, withinMs = 120_000 }: { readonly input?: string; readonly withinMs?: number } = {},
): Promise<{ code: number | null; output: string; errors: string }> => {
  const java = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', jars(), mainClass, ...args]
  // Java reads its arguments in the encoding of the locale, which is ASCII where none is set.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const child = spawn('java', java, { stdio: ['pipe', 'pipe', 'pipe'], timeout: withinMs, env })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, output, errors }
}

/** Kafka's identifiers: 16 bytes, base64url without padding, not starting with a dash. */
export const newClusterId = (): string => `A${randomBytes(16).toString('base64url').slice(1)}`

const writeConfiguration = (
  folder: string,
  ports: readonly number[],
  options: ApacheKafkaOptions,
): string => {
  const [port, controllerPort] = ports
  const more = options.listeners ?? []
  const addresses = more.map((each) => `,${each.name}://127.0.0.1:${each.port}`).join('')
  const protocols = more.map((each) => `,${each.name}:${each.protocol}`).join('')
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': options.node?.id ?? 1,
    ...(options.node === undefined
      ? { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}` }
      : { 'controller.quorum.voters': options.node.voters }),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${addresses}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${addresses}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.consumer.heartbeat.interval.ms': 500,
    'group.consumer.min.heartbeat.interval.ms': 500,
    'group.consumer.session.timeout.ms': 6_000,
    'group.consumer.min.session.timeout.ms': 6_000,
    'auto.create.topics.enable': false,
    ...(options.fsync === true ? { 'log.flush.interval.messages': 1 } : {}),
    ...options.properties,
  }
  const file = join(folder, 'server.properties')
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  writeFileSync(join(folder, 'log4j2.properties'), logging)
  mkdirSync(join(folder, 'data'))
  return file
}

/** A server that listens may not be let into its cluster yet: making a topic would fail. */
const untilInCluster = async (part: TestPart, port: number): Promise<void> => {
  const until = Date.now() + 60_000
  using cluster = new KafkaCluster({
    brokers: [`127.0.0.1:${port}`],
    tls: false,
    sasl: null,
    clientId: 'test-start',
  })
  for (;;) {
    const { brokers } = await cluster.metadata([]).catch(() => ({ brokers: [] }))
    if (brokers.length > 0) return
    if (part.hasEnded() || Date.now() > until) throw new Error(`Kafka does not come up:\n${part.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const startServer = async (folder: TestFolder, file: string, port: number, jvm: readonly string[]) => {
  const logs = `-Dlog4j2.configurationFile=${join(folder.path, 'log4j2.properties')}`
  const part = startPart('java', [...jvm, '-cp', jars(), logs, 'kafka.Kafka', file], { cwd: folder.path })
  await untilListening(part, port)
  return part
}

/** Starts an empty Apache Kafka on free ports, in a folder of its own. */
export const startApacheKafka = async (options: ApacheKafkaOptions = {}): Promise<ApacheKafka> => {
  const folder = testFolder('kafka')
  const ports = options.ports ?? (await freePorts(2))
  const port = ports[0] ?? 0
  const file = writeConfiguration(folder.path, ports, options)
  const jvm = options.jvm ?? quickJvm
  const users = (options.scram ?? []).flatMap(({ mechanism, name, password }) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ])
  const ownCluster = [newClusterId(), '-c', file, '--standalone']
  const { node } = options
  const formatting = [
    'format',
    '-t',
    ...(node === undefined ? ownCluster : [node.clusterId, '-c', file]),
    ...users,
  ]
  const formatted = await kafkaTool('kafka.tools.StorageTool', formatting)
  if (formatted.code !== 0)
    throw new Error(`Kafka cannot format its folder:\n${formatted.output}${formatted.errors}`)
  // Clients of other listeners have to sign in.
  const isPlain = options.properties?.['listeners'] === undefined
  const start = async (): Promise<TestPart> => {
    const started = await startServer(folder, file, port, jvm)
    if (isPlain) await untilInCluster(started, port)
    return started
  }
  let part = await start()
  const stop = async (): Promise<void> => {
    await part.kill()
    folder[Symbol.dispose]()
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    pid: () => part.pid,
    output: () => part.output(),
    kill: () => part.kill(),
    restart: async () => {
      await part.kill()
      part = await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
