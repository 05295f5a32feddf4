import { hashOf } from './digest.ts'
import type { ListLimits } from './limits.ts'

/** Counts what is read of one list. */
export interface ListMeter {
  /** Counts a page before it is requested. @throws if it was read before, or the list is too long or takes too long */
  page(url: string): void
  /** @throws if the list is too long */
  add(read: { entries: number; bytes: number }): void
}

/** `fail` makes the error, which says at which limit the list was cut. */
export function makeListMeter(limits: ListLimits, fail: (reason: string) => Error): ListMeter {
  const startedAt = performance.now()
  const pages = new Set<string>()
  const total = { entries: 0, bytes: 0 }
  const cut = (at: string) => fail(`the list is cut: more than ${at}`)
  return {
    page(url) {
      // A URL may be some kB long.
      const page = hashOf(Buffer.from(url))
      if (pages.has(page)) throw fail('the list is cut: its Link leads back to a page that was read before')
      pages.add(page)
      if (pages.size > limits.pages) throw cut(`${limits.pages} pages`)
      if (performance.now() - startedAt > limits.ms) throw cut(`${limits.ms / 1000} s`)
    },
    add({ entries, bytes }) {
      total.entries += entries
      total.bytes += bytes
      if (total.entries > limits.entries) throw cut(`${limits.entries} entries`)
      if (total.bytes > limits.bytes) throw cut(`${limits.bytes} bytes`)
    },
  }
}
