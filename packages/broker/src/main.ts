/**
 * The command line of the broker: `sluice-broker --listen 127.0.0.1:9092 --dir ./data`.
 *
 * Prints one line when it listens. Ends in good order on SIGTERM and SIGINT, and when whoever started it is gone.
 */
import module from 'node:module'

// Before anything else is loaded: the second start then compiles nothing. Flushes of many partitions run side by side
// only when there are threads for them.
module.enableCompileCache()
process.env['UV_THREADPOOL_SIZE'] ??= '16'

const { runBroker } = await import('./command.ts')
// A channel to whoever started us would keep the process alive.
process.exit(await runBroker(process.argv.slice(2)))
