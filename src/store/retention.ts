/** A journal, as far as it is written to. */
interface Written<T> {
  append(record: T): Promise<void>
  forget(before: Date): Promise<void>
}

/** How often old records are looked for, in ms. */
const EVERY_MS = 86_400_000

/**
 * Has a journal forget the records older than `keepMs`: after an append, once a day in each process that appends. If
 * that fails, the record is appended nevertheless, and the next day tries again. `now` gives epoch ms.
 */
export function keepFor<T, J extends Written<T>>(
  journal: J & Written<T>,
  { keepMs, now, onError }: { keepMs: number; now: () => number; onError: (error: Error) => void },
): J {
  let forgotAt = Number.NEGATIVE_INFINITY
  return {
    ...journal,
    async append(record: T) {
      await journal.append(record)
      if (now() - forgotAt < EVERY_MS) return
      forgotAt = now()
      await journal.forget(new Date(Math.max(0, now() - keepMs))).catch(onError)
    },
  }
}
