import { Redis } from 'ioredis'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { inLanes } from './in-lanes.ts'
import { digestOfName, sizeOfName } from './made-up-content.ts'
import { type MadeUpImage, madeUpImage, type Shape } from './made-up-image.ts'
import { type KindOfKey, memoryByKind } from './memory-by-kind.ts'

/** Pushes that one call of the index applies. */
const BATCH = 50
const CALLS_IN_FLIGHT = 8
const START_AT = 1_795_449_746_518_381
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const BOUND = 1_100

/**
 * What the index of 1,000,000 tagged manifests in 2,000 projects takes in a Redis of default settings, filled through
 * `index.apply` with the pushes of all images; what it shares is in `made-up-image.ts`.
 */
export async function memory({ small, say }: { small: boolean; say: (line: string) => void }) {
  const shape: Shape = { projects: small ? 40 : 2_000, repositories: 3, onOneBase: 1 }
  const manifests = small ? 20_000 : 1_000_000
  const server = await startBenchRedis()
  const redis = new Redis(server.port, { replyMapping: 'legacy' })
  try {
    const before = await used(redis)
    const began = performance.now()
    const index = makeUsageIndex({ redis, prefix: 'tallyman' })
    let done = 0
    await inLanes(CALLS_IN_FLIGHT, pushes(manifests, shape), async ({ project, facts }) => {
      await index.apply(project, facts)
      done += facts.length
      if (done % (manifests / 10) < BATCH) say(`${done} manifests after ${seconds(began)} s`)
    })
    const after = await used(redis)
    const bytes = after.all - before.all
    say(`used_memory: +${bytes} bytes, of which dataset ${after.dataset - before.dataset}`)
    for (const line of table(await memoryByKind(redis), { manifests, bytes })) say(line)
    if (bytes / manifests > BOUND) process.exitCode = 1
    return { manifests, bytes_per_manifest: Math.round(bytes / manifests) }
  } finally {
    redis.disconnect()
    await server.close()
  }
}

/** Round after round, each project's next images: as in life, a project's tables grow among all the others'. */
function* pushes(manifests: number, shape: Shape): Generator<{ project: string; facts: Fact[] }> {
  const inProject = manifests / shape.projects
  for (let from = 0; from < inProject; from += BATCH) {
    for (let project = 0; project < shape.projects; project++) {
      const images = Array.from({ length: Math.min(BATCH, inProject - from) }, (_, i) => {
        const n = (from + i) * shape.projects + project
        return { n, image: madeUpImage(n, shape) }
      })
      const facts = images.map(({ n, image }) => pushOf(image, START_AT + n * 1_000_003))
      yield { project: `ci/team-${project}`, facts }
    }
  }
}

function pushOf({ repository, tag, manifest, config, layers }: MadeUpImage, at: number): Fact {
  return {
    kind: 'push',
    ...{
      repository,
      at,
      tag,
      digest: digestOfName(manifest),
      size: 2_400 + (at % 100),
      mediaType: OCI_MANIFEST,
    },
    references: [config, ...layers].map((name) => ({
      kind: 'blob',
      digest: digestOfName(name),
      size: sizeOfName(name),
    })),
    extent: 'all',
  }
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0)

/** bytes, once Redis has given back what it does not need */
async function used(redis: Redis): Promise<{ all: number; dataset: number }> {
  await redis.call('MEMORY', 'PURGE')
  const info = await redis.info('memory')
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1])
  return { all: field('used_memory'), dataset: field('used_memory_dataset') }
}

function table(kinds: KindOfKey[], { manifests, bytes }: { manifests: number; bytes: number }): string[] {
  const rest = bytes - kinds.reduce((sum, kind) => sum + kind.bytes, 0)
  const rows = [
    ...kinds.map(({ kind, keys, bytes }) => ({ kind, keys, bytes })),
    { kind: "Redis's table of keys and the rest", keys: 0, bytes: rest },
    { kind: 'all', keys: kinds.reduce((sum, kind) => sum + kind.keys, 0), bytes },
  ]
  const line = (kind: string, keys: string, bytes: string, each: string) =>
    `${kind.padEnd(36)}${keys.padStart(10)}${bytes.padStart(16)}${each.padStart(14)}`
  return [
    line('keys', 'number', 'bytes', 'a manifest'),
    ...rows.map((row) => line(row.kind, `${row.keys}`, `${row.bytes}`, (row.bytes / manifests).toFixed(1))),
  ]
}
