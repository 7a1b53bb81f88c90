/** Long work in slices, with the browser's turn in between: nothing holds a frame. */

const sliceMs = 6

/** Gives the browser its turn. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => resolve()
    channel.port2.postMessage(null)
  })

/** Calls `step` until it says it is done, a few milliseconds at a time. Ends early, without an error, when aborted. */
export const inSlices = async (step: () => boolean, signal: AbortSignal): Promise<void> => {
  for (;;) {
    const until = performance.now() + sliceMs
    while (performance.now() < until) if (signal.aborted || step()) return
    await nextTurn()
  }
}

const unitsPerStep = 262_144 // A multiple of four: each piece of base64 stands alone.

/** Bytes of base64 text, in slices; null where it is none or where it was aborted. */
export const bytesInSlices = async (base64: string, signal: AbortSignal): Promise<Uint8Array | null> => {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((base64.length / 4) * 3 - padding)
  let at = 0
  let good = base64.length % 4 === 0
  await inSlices(() => {
    if (!good || at >= base64.length) return true
    try {
      const piece = atob(base64.slice(at, at + unitsPerStep))
      const to = (at / 4) * 3
      for (let place = 0; place < piece.length; place += 1) bytes[to + place] = piece.charCodeAt(place)
      at += unitsPerStep
    } catch {
      good = false
    }
    return false
  }, signal)
  return good && at >= base64.length ? bytes : null
}
