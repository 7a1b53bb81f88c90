/**
 * How Vite builds the page: hashed assets, a nonce that the server fills in, and the routes of the API as plain data,
 * so that no schema library is shipped to browsers.
 */
import { contract, liveChannels, livePath } from 'sluice/contract'
import type { InlineConfig, Plugin } from 'vite'

/** Stands in the document where the server writes the nonce of each answer. */
const noncePlaceholder = '__NONCE__'

/** `{ 'topics.list': ['GET', '/api/topics'], … }`: all that a client needs at run time. */
const endpointRoutes = (): Readonly<Record<string, readonly [method: string, path: string]>> =>
  Object.fromEntries(
    Object.entries(contract).flatMap(([resource, { endpoints }]) =>
      Object.entries(endpoints).map(
        ([key, { method, path }]) => [`${resource}.${key}`, [method, path]] as const,
      ),
    ),
  )

/** Which entry answers what a channel of the live feed sends: for pages that have to poll. */
const channelEntries = (): Readonly<Record<string, string>> => {
  const ids = new Map<unknown, string>()
  for (const [resource, { endpoints }] of Object.entries(contract)) {
    for (const [key, entry] of Object.entries(endpoints)) ids.set(entry, `${resource}.${key}`)
  }
  return Object.fromEntries(
    Object.entries(liveChannels).flatMap(([channel, { kind, entry }]) => {
      const id = ids.get(entry)
      return kind === 'state' && id !== undefined ? [[channel, id]] : []
    }),
  )
}

const moduleText = (): string =>
  [
    `export const endpoints = ${JSON.stringify(endpointRoutes())}`,
    `export const channels = ${JSON.stringify(channelEntries())}`,
    `export const livePath = ${JSON.stringify(livePath)}`,
  ].join('\n')

const endpointsPlugin = (): Plugin => ({
  name: 'sluice-endpoints',
  resolveId: (id) => (id === 'virtual:endpoints' ? `\0${id}` : null),
  load: (id) => (id === '\0virtual:endpoints' ? moduleText() : null),
})

/** Libraries mark files for servers that render, and a busy machine builds slowly: neither says anything of the page. */
const quiet = new Set(['MODULE_LEVEL_DIRECTIVE', 'PLUGIN_TIMINGS'])

/** Options of a build of the page in `root` into `outDir`. */
export const viteOptions = (root: string, outDir: string): InlineConfig => ({
  root,
  configFile: false,
  logLevel: 'warn',
  plugins: [endpointsPlugin()],
  html: { cspNonce: noncePlaceholder },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    // Fonts as files: the content policy takes no data: fonts.
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    // Sizes are printed by our own build, with what they are after compression.
    reportCompressedSize: false,
    rolldownOptions: {
      onLog: (level, log, write) => {
        if (!quiet.has(log.code ?? '')) write(level, log)
      },
      output: {
        // What changes seldom has a file of its own, so that a new version leaves it in the browser's cache.
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ }],
        },
      },
    },
  },
})
