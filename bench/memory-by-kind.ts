import type { Redis } from 'ioredis'

/** The keys of one kind, and the bytes that they take by `MEMORY USAGE` of each key with all its elements. */
export interface KindOfKey {
  kind: string
  keys: number
  bytes: number
}

/** The memory of all keys of a Redis by kind, the largest first. The kinds are in `src/usage/keys.ts`. */
export async function memoryByKind(redis: Redis): Promise<KindOfKey[]> {
  const kinds = new Map<string, KindOfKey>()
  for await (const keys of redis.scanStream({ count: 1000 })) {
    const pipeline = redis.pipeline()
    for (const key of keys) pipeline.memory('USAGE', key, 'SAMPLES', 0)
    const sizes = (await pipeline.exec()) ?? []
    for (const [i, [error, size]] of sizes.entries()) {
      if (error) throw error
      const name = kindOf(keys[i])
      const kind = kinds.get(name) ?? { kind: name, keys: 0, bytes: 0 }
      kinds.set(name, { kind: name, keys: kind.keys + 1, bytes: kind.bytes + Number(size) })
    }
  }
  return [...kinds.values()].sort((a, b) => b.bytes - a.bytes)
}

/** `prefix:{registry/path}:blobs:17` is `project blobs`; `prefix:{registry}:holders` is `registry holders`. */
function kindOf(key: string): string {
  const [, owner = '', name = key] = /\{(.*)\}:([^:]+)/.exec(key) ?? []
  return `${owner.includes('/') ? 'project' : 'registry'} ${name}`
}
