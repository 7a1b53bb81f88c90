/** What connectors are called on screen. */

const names: Readonly<Record<string, string>> = {
  kafka: 'Kafka',
  postgres: 'PostgreSQL',
  http: 'HTTP',
  host: 'this machine',
  generator: 'generator',
  file: 'file',
  sqs: 'SQS',
  kinesis: 'Kinesis',
  firehose: 'Firehose',
  s3: 'S3',
  webhook: 'webhook',
}

export const connectorName = (name: string): string => names[name] ?? name
