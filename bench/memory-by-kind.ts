import type { Redis } from 'ioredis'

/** Keys of one kind, and the bytes they take by `MEMORY USAGE` of every one, all their elements counted. */
export interface KindOfKey {
  kind: string
  keys: number
  bytes: number
}

/** What every key of a Redis takes, by kind; the largest first. Kinds are told by `src/usage/keys.ts`. */
export async function memoryByKind(redis: Redis): Promise<KindOfKey[]> {
  const kinds = new Map<string, KindOfKey>()
  for await (const keys of redis.scanStream({ count: 1000 })) {
    const asked = redis.pipeline()
    for (const key of keys) asked.memory('USAGE', key, 'SAMPLES', 0)
    const sizes = (await asked.exec()) ?? []
    for (const [i, [error, size]] of sizes.entries()) {
      if (error) throw error
      const name = kindOf(keys[i])
      const kind = kinds.get(name) ?? { kind: name, keys: 0, bytes: 0 }
      kinds.set(name, { kind: name, keys: kind.keys + 1, bytes: kind.bytes + Number(size) })
    }
  }
  return [...kinds.values()].sort((a, b) => b.bytes - a.bytes)
}

/** `prefix:{registry/path}:blobs:17` is a project's `blobs`; without a path it is the registry's. */
function kindOf(key: string): string {
  const [, owner = '', name = key] = /\{(.*)\}:([^:]+)/.exec(key) ?? []
  return `${owner.includes('/') ? 'project' : 'registry'} ${name}`
}
