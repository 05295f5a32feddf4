/**
 * Waits for work, or until a signal is aborted: then it is left alone, whatever becomes of it. For work that may wait for somebody who
 * does not answer. @throws the reason of the signal
 */
export async function orAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const left = Promise.withResolvers<never>()
  const leave = () => left.reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work(), left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
