/**
 * How Node is run for processes that move records: a larger nursery, so that what a batch needs for some milliseconds
 * dies young instead of being copied. Measured with `bench/kafka-to-postgres.ts`.
 */
export const workerNodeOptions: readonly string[] = ['--max-semi-space-size=32']
