import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pMap from 'p-map'
import { startRegistry } from '../lab/registry.ts'
import { makeExpiry } from '../src/expiry/expire.ts'
import type { RunnablePolicy } from '../src/expiry/expiry-settings.ts'
import { makePlanner } from '../src/expiry/planner.ts'
import { makeExpiryRuns } from '../src/expiry/runs.ts'
import { makeLog } from '../src/platform/log.ts'
import { makeMetrics } from '../src/platform/metrics.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { makeFolderStore } from '../src/store/folder-store.ts'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { digestOfName } from './made-up-content.ts'
import { parentFolderFor } from './registry-folder.ts'

const REGISTRY = 'deletes'
const DAY_MS = 86_400_000
const OCI = 'application/vnd.oci.image'
/** In each repository. The registry reads all tags of a repository for each delete. */
const IMAGES_A_REPOSITORY = 1_000
const AT_ONCE = 4
const BATCH = 50

const POLICY: RunnablePolicy = {
  ...{ name: 'deletes', registry: REGISTRY, repository: '**', mode: 'apply' },
  rules: [{ tag: { glob: 'pr-*' }, olderThan: 14 * DAY_MS, expire: true }],
}

/**
 * How many images a second a run deletes at a real registry, beside bare DELETEs with as many at a time. Of the bare ones
 * half come before the run and half after it: the machine's speed drifts.
 */
export async function measureDeletes(options: {
  port: number
  images: number
  deletes: number
  say: (line: string) => void
}): Promise<{ delete_per_s: number; bare_per_s: number }> {
  const { port, images, deletes, say } = options
  const redis = new Redis(port, { replyMapping: 'legacy' })
  const folder = mkdtempSync(join(parentFolderFor(images * 3 * 7_000), 'tallyman-expiry-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  const perRepository = Math.ceil((deletes * IMAGES_A_REPOSITORY) / images)
  const made = Array.from({ length: images }, (_, n) => imageOf(n, perRepository))
  for (const image of made) writeImage(join(folder, 'storage/docker/registry/v2'), image)
  await pMap(
    Array.from({ length: Math.ceil(images / BATCH) }, (_, i) => made.slice(i * BATCH, (i + 1) * BATCH)),
    (batch) => index.apply(`${REGISTRY}/${batch[0]?.repository}`, batch.map(pushOf)),
    { concurrency: 8 },
  )
  say(`${images} images in a registry and in the index`)
  const registry = await startRegistry({ folder })
  const client = makeRegistryClient({ name: REGISTRY, url: registry.url })
  const store = makeFolderStore({ path: join(folder, 'store') })
  try {
    const bare = made.filter(({ tag }) => tag.startsWith('bare-'))
    const deleteBare = (some: MadeImage[]) =>
      timed(() =>
        pMap(some, ({ repository, digest }) => client.deleteManifest(repository, digest), {
          concurrency: AT_ONCE,
        }),
      )
    const now = () => Date.now() * 1000
    const fail = (error: Error) => {
      throw error
    }
    const expiry = makeExpiry({
      ...{ index, store, now, metrics: makeMetrics(), log: makeLog('silent') },
      settings: () => ({
        ...{ policies: [POLICY], maxShare: 1, trash: { keep: DAY_MS }, gc: { timeZone: 'UTC' } },
      }),
      clientOf: () => client,
      runs: makeExpiryRuns({
        ...{ store, keepMs: DAY_MS, now: Date.now, onError: fail, onUnreadable: (_, error) => fail(error) },
      }),
      audit: async () => {},
      isHeld: async () => false,
      doubtOf: async () => undefined,
      failuresOf: async () => [],
      planner: makePlanner({
        ...{ index, now, protectsLabels: () => false, findNotUnderstood: async () => new Map() },
        findProtections: async () => () => undefined,
        useOf: async () => ({ isComplete: true, since: 0 }),
        quotaOf: async () => undefined,
        details: {
          of: async () => new Map(),
          known: async () => new Map(),
          budget: () => ({ reads: 0, until: 0 }),
        },
      }),
      announce: async () => {},
    })
    const half = Math.ceil(bare.length / 2)
    let bareMs = await deleteBare(bare.slice(0, half))
    let deleted = 0
    const runMs = await timed(async () => {
      const run = await expiry.run({
        ...{ policy: POLICY.name, registry: REGISTRY, dryRun: false, acceptShare: true, by: 'a bench' },
      })
      deleted = run.deletes.filter(({ outcome }) => outcome === 'deleted').length
    })
    bareMs += await deleteBare(bare.slice(half))
    if (deleted !== deletes) throw new Error(`the run deleted ${deleted} images of ${deletes}`)
    say(`${deleted} deletes in ${Math.round(runMs)} ms, ${bare.length} bare ones in ${Math.round(bareMs)} ms`)
    return {
      delete_per_s: Math.round((deleted / runMs) * 1000),
      bare_per_s: Math.round((bare.length / bareMs) * 1000),
    }
  } finally {
    await client.close()
    await registry.close()
    redis.disconnect()
    process.off('exit', remove)
    remove()
  }
}

interface MadeImage {
  repository: string
  tag: string
  digest: string
  manifest: string
  layer: string
}

/** Of each repository's images the first are to expire, and as many more are for bare DELETEs. */
function imageOf(n: number, perRepository: number): MadeImage {
  const inRepository = n % IMAGES_A_REPOSITORY
  const kind = inRepository < perRepository ? 'pr' : inRepository < 2 * perRepository ? 'bare' : 'main'
  const layer = digestOfName(`layer of ${n}`)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: { mediaType: `${OCI}.config.v1+json`, digest: layer, size: 100 },
    layers: [],
  })
  return {
    ...{ repository: `team/app-${Math.floor(n / IMAGES_A_REPOSITORY)}`, tag: `${kind}-${n}` },
    ...{ digest: `sha256:${hash('sha256', manifest)}`, manifest, layer },
  }
}

function pushOf({ repository, tag, digest, manifest, layer }: MadeImage): Fact {
  return {
    ...{ kind: 'push', repository, tag, digest, size: manifest.length, extent: 'all' },
    ...{ at: (Date.now() - 30 * DAY_MS) * 1000, mediaType: `${OCI}.manifest.v1+json` },
    references: [{ kind: 'blob', digest: layer, size: 100 }],
  }
}

/** Writes a manifest and its tag as distribution lays them out. Nobody reads the blobs, so there are none. */
function writeImage(root: string, { repository, tag, digest, manifest }: MadeImage): void {
  const hex = digest.slice('sha256:'.length)
  const write = (folder: string, name: string, content: string) => {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, name), content)
  }
  const manifests = `repositories/${repository}/_manifests`
  write(`blobs/sha256/${hex.slice(0, 2)}/${hex}`, 'data', manifest)
  write(`${manifests}/revisions/sha256/${hex}`, 'link', digest)
  write(`${manifests}/tags/${tag}/current`, 'link', digest)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
