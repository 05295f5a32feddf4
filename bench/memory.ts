import { Redis } from 'ioredis'
import pMap from 'p-map'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { digestOfName, sizeOfName } from './made-up-content.ts'
import { type MadeUpImage, madeUpImage, type Shape } from './made-up-image.ts'
import { type KindOfKey, memoryByKind } from './memory-by-kind.ts'

/** Pushes that one call of the index applies. */
const BATCH = 50
const CALLS_IN_FLIGHT = 8
/** epoch µs */
const START_AT = 1_795_449_746_518_381
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
/** bytes a manifest, at most */
const BOUND = 1_250

/**
 * The memory that the index of 1,000,000 tagged manifests in 2,000 projects takes in a Redis with default settings.
 * It is filled by `index.apply` with a push of each image, and of each blob that is new in its repository;
 * `made-up-image.ts` has which layers they share.
 */
export async function memory({ small, say }: { small: boolean; say: (line: string) => void }) {
  const shape: Shape = { projects: small ? 40 : 2_000, repositories: 3, imagesPerBase: 1 }
  const manifests = small ? 20_000 : 1_000_000
  const server = await startBenchRedis()
  const redis = new Redis(server.port, { replyMapping: 'legacy' })
  try {
    const before = await usedMemory(redis)
    const began = performance.now()
    const index = makeUsageIndex({ redis, prefix: 'tallyman' })
    let done = 0
    const apply = async ({ project, facts }: Batch) => {
      await index.apply(project, facts)
      done += facts.filter(({ kind }) => kind === 'push').length
      if (done % (manifests / 10) < BATCH) say(`${done} manifests after ${seconds(began)} s`)
    }
    await pMap(pushes(manifests, shape), apply, { concurrency: CALLS_IN_FLIGHT })
    const after = await usedMemory(redis)
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

interface Batch {
  project: string
  facts: Fact[]
}

/** In each round a batch of each project, so that all projects' tables grow together, as in real life. */
function* pushes(manifests: number, shape: Shape): Generator<Batch> {
  const linked = new Set<string>()
  const perProject = manifests / shape.projects
  for (let from = 0; from < perProject; from += BATCH) {
    for (let project = 0; project < shape.projects; project++) {
      const images = Array.from({ length: Math.min(BATCH, perProject - from) }, (_, i) => {
        const n = (from + i) * shape.projects + project
        return { n, image: madeUpImage(n, shape) }
      })
      const facts = images.flatMap(({ n, image }) => factsOf(n, image, linked))
      yield { project: `ci/team-${project}`, facts }
    }
  }
}

/**
 * The push of an image, and of its blobs that no earlier image of the repository has. `linked`: the repository and the first
 * layer of each base that it has.
 */
function factsOf(n: number, image: MadeUpImage, linked: Set<string>): Fact[] {
  const at = START_AT + n * 1_000_003
  const { config, layers } = image
  const bases = [layers.slice(0, 4), layers.slice(4, 7)].filter(([first]) => {
    const key = `${image.repository} ${first}`
    return !linked.has(key) && linked.add(key)
  })
  const links = [config, ...layers.slice(7), ...bases.flat()].map((name): Fact => {
    const [digest, size] = [digestOfName(name), sizeOfName(name)]
    return { kind: 'link', repository: image.repository, at, digest, size }
  })
  return [...links, pushOf(image, at)]
}

function pushOf({ repository, tag, manifest, config, layers }: MadeUpImage, at: number): Fact {
  return {
    kind: 'push',
    repository,
    at,
    tag,
    digest: digestOfName(manifest),
    size: 2_400 + (at % 100),
    mediaType: OCI_MANIFEST,
    references: [config, ...layers].map((name) => ({
      kind: 'blob',
      digest: digestOfName(name),
      size: sizeOfName(name),
    })),
    extent: 'all',
  }
}

/** `since` by `performance.now`. */
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0)

/** bytes, after Redis has given back the memory that it does not need */
async function usedMemory(redis: Redis): Promise<{ all: number; dataset: number }> {
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
  const line = (kind: string, keys: string, bytes: string, perManifest: string) =>
    `${kind.padEnd(36)}${keys.padStart(10)}${bytes.padStart(16)}${perManifest.padStart(14)}`
  return [
    line('keys', 'number', 'bytes', 'a manifest'),
    ...rows.map((row) => line(row.kind, `${row.keys}`, `${row.bytes}`, (row.bytes / manifests).toFixed(1))),
  ]
}
