import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { projectBase, registryKeys, scriptKeys } from '../usage/keys.ts'
import { decodeHistory, encodeHistory } from './codec.ts'
import { isGroupHistory } from './groups.ts'
import { EMPTY, type History, lastSlotOf } from './history.ts'

/**
 * The histories of projects, registries and groups, by the id of the project (`registry/path`), the name of the registry or
 * `groupHistoryId`. Each is one key of Redis in the slot of its project or registry. Every method rejects with the error of Redis if Redis fails.
 */
export interface Histories {
  /** Empty if there is none. */
  of(id: string): Promise<History>
  /** A history as it is stored (codec.ts), for snapshots. `undefined` if there is none. */
  stored(id: string): Promise<Buffer | undefined>
  /** Writes what `stored` gave, by the same rule as `write`. @throws RangeError if it is no history */
  restore(id: string, stored: Buffer): Promise<void>
  /** Gives a project that has no history yet that of another one, whose name it took over. */
  inherit(from: string, to: string): Promise<void>
  /**
   * Writes a history, unless the kept one is as new or what it is about was forgotten. Says whether it was written.
   * `madeFrom`: the history that it was made from. If that is still kept, it is replaced, although it may end later.
   */
  write(id: string, history: History, madeFrom?: History): Promise<boolean>
}

export function makeHistories({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Histories {
  const script = loadScript(redis, new URL('scripts/write-history.lua', import.meta.url))
  const stored = async (id: string) =>
    (await redis.getBuffer(`${projectBase(prefix, id)}history`)) ?? undefined
  const write = async (id: string, history: History, madeFrom?: History) =>
    String((await script(keysOf(prefix, id), argsOf(id, history, madeFrom)))[0]) === '1'
  return {
    stored,
    write,
    async of(id) {
      const bytes = await stored(id)
      return bytes === undefined ? EMPTY : decodeHistory(bytes)
    },
    async inherit(from, to) {
      const bytes = await stored(from)
      if (bytes !== undefined && (await stored(to)) === undefined) await write(to, decodeHistory(bytes))
    },
    async restore(id, bytes) {
      await write(id, decodeHistory(bytes))
    },
  }
}

/** How long the history of a group is kept that gets no samples, in s: it is not configured so any more. */
const GROUP_S = 90 * 86_400

const argsOf = (id: string, history: History, madeFrom: History = EMPTY) => [
  encodeHistory(history),
  lastSlotOf(madeFrom.hours),
  ...(isGroupHistory(id) ? [GROUP_S] : []),
]

/** The name of a registry has no slash. */
function keysOf(prefix: string, id: string): string[] {
  if (isGroupHistory(id)) return [projectBase(prefix, id)]
  if (id.includes('/')) return scriptKeys(prefix, id)
  const { base, paths } = registryKeys(prefix, id)
  return [base, paths]
}
