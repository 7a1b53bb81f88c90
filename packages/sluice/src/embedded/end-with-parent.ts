/**
 * Loaded before the main file of every child: ends it when its parent is gone, however that went.
 *
 * The channel to the parent closes when the parent dies, by SIGKILL too. The child then gets SIGTERM from itself,
 * so that it stops the way it always does, and is ended after a while should that not be enough.
 */
const graceMs = 10_000

if (process.channel) {
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), graceMs).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  // Watching the channel is no reason to go on living.
  process.channel.unref()
}
