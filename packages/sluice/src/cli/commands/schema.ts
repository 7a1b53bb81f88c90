/** `sluice schema`: the JSON Schema of the configuration, for editors. */
import { defineCommand } from '../options.adapter.ts'

export const schemaCommand = defineCommand({
  path: ['schema'],
  summary: 'Print the JSON Schema of the configuration',
  description:
    'For editors that check YAML. Put `# yaml-language-server: $schema=sluice.schema.json` on the first line of the ' +
    'configuration.',
  positionals: [],
  options: {},
  examples: [{ line: 'sluice schema > sluice.schema.json', says: 'keep it beside the configuration' }],
  next: 'sluice lint',
  without: ['http', 'dir', 'json'],
  run: async ({ io, local }) => {
    await io.out(`${JSON.stringify(await local.schema(), null, 2)}\n`)
  },
})
