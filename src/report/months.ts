import type { Cluster, Redis } from 'ioredis'
import { HOUR_MS } from '../history/sample.ts'
import { loadScript } from '../platform/lua-script.ts'
import { registryKeys } from '../usage/keys.ts'
import { type Entry, merged } from './entry.ts'
import { decodeEntry, encodeEntry } from './entry-codec.ts'
import { forgottenAt, type Month, parseMonth } from './month.ts'

/** Entries that one call writes or reads. */
const BATCH = 100

/**
 * What projects held in each month. A month of a registry is one hash of Redis, in the slot of the registry: path of the project →
 * entry. It outlives its projects, and is kept as long after its end as days of a history. Rejects if Redis fails.
 */
export function makeMonths({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const script = loadScript(redis, new URL('scripts/write-month.lua', import.meta.url))
  const keyOf = (registry: string, { name }: Month) => `${registryKeys(prefix, registry).base}month:${name}`

  async function read(registry: string, month: Month, paths: readonly string[]) {
    const texts = await redis.hmget(keyOf(registry, month), ...paths)
    return texts.map((text) => (text === null ? undefined : decodeEntry(text)))
  }

  /**
   * Writes entries, each unless the kept one is as new. `madeFrom`: the entry that one was made from. If that is still kept, it is
   * replaced, although it may end later.
   */
  async function write(
    registry: string,
    month: Month,
    entries: readonly (readonly [path: string, entry: Entry, madeFrom?: Entry | undefined])[],
  ): Promise<void> {
    const until = (forgottenAt(month) * HOUR_MS) / 1000
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH)
      const args = batch.flatMap(([path, entry, madeFrom]) => [
        ...[path, encodeEntry(entry), madeFrom?.lastHour ?? ''],
      ])
      await script([keyOf(registry, month)], [until, ...args])
    }
  }

  /** Yields the entries of a month in batches, in no order; after changes meanwhile, perhaps one twice. */
  async function* all(registry: string, month: Month): AsyncGenerator<[path: string, entry: string][]> {
    let cursor = '0'
    do {
      const [next, page] = await redis.hscan(keyOf(registry, month), cursor, 'COUNT', BATCH)
      yield Array.from({ length: page.length / 2 }, (_, n) => [page[2 * n] ?? '', page[2 * n + 1] ?? ''])
      cursor = next
    } while (cursor !== '0')
  }

  return {
    read,
    write,
    all,
    async allOf(registry: string, month: Month): Promise<Map<string, Entry>> {
      const found = new Map<string, Entry>()
      for await (const batch of all(registry, month))
        for (const [path, text] of batch) found.set(path, decodeEntry(text))
      return found
    },
    /** Adds entries as `all` gave them to those that there are. @throws RangeError if one is no entry */
    async restore(registry: string, name: string, entries: readonly (readonly [string, string])[]) {
      const month = parseMonth(name)
      for (let from = 0; from < entries.length; from += BATCH) {
        const batch = entries.slice(from, from + BATCH)
        const before = await read(
          registry,
          month,
          batch.map(([path]) => path),
        )
        const restored = batch.map(([path, text], i) => {
          const [old, entry] = [before[i], decodeEntry(text)]
          return [path, old === undefined ? entry : merged(old, entry)] as const
        })
        await write(registry, month, restored)
      }
    },
  }
}
export type Months = ReturnType<typeof makeMonths>
