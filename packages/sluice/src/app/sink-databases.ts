/** Which pipelines write to another database than Sluice's own: their positions and ledger live there. */
import type { Configuration, ConfiguredPipeline } from '../config/configuration.ts'

/** The address of the pipeline's own database; null where it is Sluice's. Secret. */
export const sinkDatabaseUrl = ({ sink: { use, options } }: ConfiguredPipeline): string | null =>
  use === 'postgres' && typeof options === 'object' && options !== null && 'url' in options
    ? typeof options.url === 'string'
      ? options.url
      : null
    : null

export const sinkDatabaseUrls = (configuration: Configuration): readonly string[] => [
  ...new Set(configuration.pipelines.map(sinkDatabaseUrl).filter((url) => url !== null)),
]
