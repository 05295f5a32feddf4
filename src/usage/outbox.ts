import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { shareRuns } from '../platform/share-runs.ts'
import { projectKeys, registryKeys } from './keys.ts'
import { splitProjectId } from './project.ts'

/** Entries of an outbox that are read at once. */
const OUTBOX_BATCH = 100

/** Bytes of entries in one call of the registry's script. They have some 170 changes, which take it some ms. */
const OUTBOX_CALL_BYTES = 4_000

/**
 * Makes the function that tells a registry what a project holds. It may run twice, at once with itself, or after a crash: the
 * registry's script applies each entry once, in order.
 */
export function makeDrainOutbox({
  redis,
  prefix,
  load,
}: {
  redis: Redis | Cluster
  prefix: string
  load: (...names: string[]) => LuaScript
}): (project: string) => Promise<void> {
  const updateHolders = load('table', 'holders', 'update-holders')
  return shareRuns(async (project) => {
    const { registry, path } = splitProjectId(project)
    const { outbox } = projectKeys(prefix, project)
    const keys = registryKeys(prefix, registry)
    for (let isMore = true; isMore; ) {
      const entries = await redis.lrangeBuffer(outbox, 0, OUTBOX_BATCH - 1)
      // A call that adds entries meanwhile drains them itself.
      isMore = entries.length === OUTBOX_BATCH
      if (entries.length === 0) return
      for (const part of partsOf(entries, OUTBOX_CALL_BYTES))
        await updateHolders(
          [keys.holders, keys.projects, keys.applied, keys.exclusive, keys.base],
          [path, ...part],
        )
      // Nearly always one entry. ioredis takes longer to make a pipeline than to send a few commands.
      await Promise.all(entries.map((entry) => redis.lrem(outbox, 1, entry)))
    }
  })
}

/** Splits entries, in order, into parts of at most `maxBytes`. Each part has at least one entry. */
function partsOf(entries: readonly Buffer[], maxBytes: number): Buffer[][] {
  const parts: Buffer[][] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.length
    const part = parts.at(-1)
    if (part !== undefined && bytes <= maxBytes) part.push(entry)
    else {
      parts.push([entry])
      bytes = entry.length
    }
  }
  return parts
}
