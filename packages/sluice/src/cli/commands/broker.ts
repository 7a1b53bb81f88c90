/** `sluice broker`: the embedded Kafka broker alone. */
import { defineCommand } from '../options.adapter.ts'
import { runHere } from './run-here.ts'
import { allowRemoteOption, kafkaOption, logOption } from './run-options.ts'

export const brokerCommand = defineCommand({
  path: ['broker'],
  summary: 'Run the embedded Kafka broker alone',
  description: 'Speaks the Kafka protocol for any client. Keeps its log in the data directory.',
  positionals: [],
  options: { kafka: kafkaOption, 'allow-remote': allowRemoteOption, log: logOption },
  examples: [
    { line: 'sluice broker', says: 'on 127.0.0.1:9092' },
    { line: 'sluice broker --kafka 127.0.0.1:19092 --dir /tmp/kafka', says: 'elsewhere' },
  ],
  next: 'sluice doctor',
  without: ['http', 'json'],
  run: (context, { options }) =>
    runHere(context, (tools) =>
      context.local.broker(
        {
          directory: context.options.dir,
          kafka: options.kafka,
          allowRemote: options['allow-remote'],
          logLevel: options.log ?? 'info',
        },
        tools,
      ),
    ),
})
