/** Shares the result of a costly read for `ms`. A read that fails is not kept. */
export function shareFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; result: Promise<T> } | undefined
  return () => {
    if (last !== undefined && performance.now() - last.at <= ms) return last.result
    const reading = { at: performance.now(), result: read() }
    last = reading
    reading.result.catch(() => {
      if (last === reading) last = undefined
    })
    return reading.result
  }
}
