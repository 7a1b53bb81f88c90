/** The reference page of the live feed, from its protocol in the contract. */
import {
  clientMessages,
  closeCodes,
  liveChannels,
  livePath,
  serverMessages,
} from '../../packages/sluice/src/contract/live.ts'
import { limits } from '../../packages/sluice/src/kernel/limits.ts'
import { descriptionOf, fieldRows, nodeOf, presetOf, shapeOf } from './api-page.ts'
import { code, page, table } from './markdown.ts'

type Channel = (typeof liveChannels)[keyof typeof liveChannels]

const messageSections = (messages: typeof clientMessages | typeof serverMessages): readonly string[] =>
  Object.entries(messages).flatMap(([name, schema]) => {
    const node = nodeOf(schema)
    return [
      `### ${name}`,
      '',
      descriptionOf(node),
      '',
      ...table(
        ['Field', 'Is', 'Default', 'Means'],
        fieldRows(node, '')
          .filter(([field]) => field !== 'type')
          .map(([field, inner, isRequired]) => [
            code(field),
            shapeOf(inner),
            presetOf(inner, isRequired),
            descriptionOf(inner),
          ]),
      ),
    ]
  })

const paramsOf = ({ params }: Channel): string =>
  fieldRows(nodeOf(params), '')
    .map(([name, , isRequired]) => (isRequired ? code(name) : `${code(name)}?`))
    .join(', ')

const sendsOf = (channel: Channel): string =>
  channel.kind === 'rows'
    ? 'lists of new rows'
    : `the answer when it changed, looked for every ${channel.everyMs / 1000} s`

export const livePage = (): string =>
  page([
    '# Live feed',
    '',
    `\`GET ${livePath}\` is a WebSocket: JSON text both ways, one object with a \`type\` a message. It takes the key or the session of any`,
    'call, and refuses pages of other origins. One connection watches many things; what several watch is looked for once.',
    '',
    '```json',
    '{"type": "subscribe", "id": "1", "channel": "pipelines"}',
    '{"type": "subscribe", "id": "2", "channel": "messages", "params": {"topic": "orders"}}',
    '```',
    '',
    '- `seq` grows within a channel, with gaps. After a reconnect, `after` with the last `seq` goes on from there, where that is still kept.',
    `- Of rows, at most ${limits.live.rowsPerUpdateMax} come every ${limits.live.updateMs} ms, evenly picked; \`dropped\` counts the others. Who is slow gets fewer.`,
    `- Values of messages are cut at ${limits.live.previewBytesMax} bytes; their row says so (\`truncated\`).`,
    '- Permissions are asked for again while a subscription lasts: who loses one loses the subscription.',
    '',
    '## Channels',
    '',
    ...table(
      ['Channel', 'Mirrors', 'Parameters', 'Permission', 'Sends'],
      Object.entries(liveChannels).map(([name, channel]) => [
        code(name),
        code(`${channel.entry.method} ${channel.entry.path}`),
        paramsOf(channel),
        code(String(channel.entry.permission)),
        sendsOf(channel),
      ]),
    ),
    '## From the client',
    '',
    ...messageSections(clientMessages),
    '## From the server',
    '',
    ...messageSections(serverMessages),
    '## Closing',
    '',
    ...table(
      ['Code', 'Means'],
      Object.entries(closeCodes).map(([closing, says]) => [closing, says]),
    ),
  ])
