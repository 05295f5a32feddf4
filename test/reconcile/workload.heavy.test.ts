import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  makeSignature,
  seededBytes,
  signatureTag,
} from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { storedBytes, usageFromStorage } from '../../lab/storage-truth.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A registry under a random workload is killed on the way. Then the index is compared with the registry's storage. */
let registry: LabRegistry
let tallyman: LabTallyman
let client: RegistryClient
let notify: { url: string; token: string }

beforeAll(async () => {
  const port = await freePort()
  notify = { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN }
  registry = await startRegistry({ notify })
  tallyman = await startTallyman({
    reconcile: { onNewInstance: false },
    registries: {
      ci: { url: registry.url, token: WEBHOOK_TOKEN, storage: { type: 'folder', path: registry.storage } },
    },
  })
  await tallyman.app.listen({ port })
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await tallyman?.close()
  await registry?.close()
})

/** A repeatable stream of numbers (mulberry32): the same seed gives the same workload. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
const seed = Number(process.env.LAB_SEED ?? Date.now() % 1_000_000)
const below = random(seed)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

const REPOSITORIES = ['shop/web', 'shop/web/assets', 'shop/api', 'data/etl', 'data/etl/cache', 'tools/ci']
const TAGS = ['latest', 'v1', 'v2', 'main', 'pr-1', 'pr-2']
const layers = (most: number) =>
  Array.from({ length: 1 + below(most) }, () => ({
    seed: `layer ${below(14)}`,
    bytes: 2_000 + 500 * below(14),
  }))
const anyImage = (): LabImage => makeImage({ layers: layers(4), label: `${below(40)}` })

const pushed: { repository: string; image: LabImage }[] = []

async function push(repository: string, tag: string, image: LabImage): Promise<void> {
  pushed.push({ repository, image })
  await pushImage(client, repository, tag, image)
}

const operations: Record<string, () => Promise<unknown>> = {
  push: () => push(pick(REPOSITORIES), pick(TAGS), anyImage()),
  tagAgain: async () => {
    const { repository, image } = pick(pushed)
    await pushImage(client, repository, pick(TAGS), image)
  },
  index: () => {
    const images = ['amd64', 'arm64'].map((architecture) => ({ architecture, image: anyImage() }))
    return push(pick(REPOSITORIES), pick(TAGS), makeIndex(images))
  },
  cache: () => push('data/etl/cache', 'buildcache', makeBuildKitCache(layers(3))),
  sign: () => {
    const { repository, image } = pick(pushed)
    return push(repository, signatureTag(image.root.digest), makeSignature(image.root.digest))
  },
  mount: async () => {
    const { repository, image } = pick(pushed)
    const mount = await client.mountBlob(pick(REPOSITORIES), pick([...image.blobs.keys()]), repository)
    return mount
  },
  upload: () => upload(client, pick(REPOSITORIES), seededBytes(`alone ${below(30)}`, 3_000 + below(30))),
  pull: async () => {
    const { repository } = pick(pushed)
    const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${pick(TAGS)}`, {
      headers: {
        accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json',
      },
    })
    await answer.body?.cancel()
  },
  delete: async () => {
    const { repository, image } = pick(pushed)
    await client.deleteManifest(repository, image.root.digest)
  },
}
const MIX = [
  ...['push', 'push', 'push', 'push', 'tagAgain', 'tagAgain', 'index', 'cache', 'sign', 'mount', 'mount'],
  ...['upload', 'pull', 'pull', 'delete', 'delete'],
]

async function work(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await operations[pushed.length < 3 ? 'push' : pick(MIX)]?.()
}

/** Kills the registry while Redis does not answer, so that undelivered events are lost, and starts it again. */
async function loseEvents(count: number): Promise<void> {
  tallyman.redis.process.child.kill('SIGSTOP')
  await work(count)
  await registry.process.stop('SIGKILL')
  tallyman.redis.process.child.kill('SIGCONT')
  const { folder, host } = registry
  registry = await startRegistry({ notify, folder, port: Number(host.split(':')[1]) })
}

interface Project {
  id: string
  unresolved: number
}
interface Registry {
  confidence: string
  uniqueBytes: number
  lastReconcile: ReconcileReport | null
}

/** What the API says, in the form of `usageFromStorage`. */
async function indexed() {
  const { projects } = await tallyman.get<{ projects: (Project & Record<string, number>)[] }>('/v1/projects')
  const { registries } = await tallyman.get<{ registries: Registry[] }>('/v1/registries')
  const numbers = projects.map(({ id, ...all }) => {
    const { uniqueBytes, referencedBytes, exclusiveBytes, unreferencedBytes, manifests, tags } = all
    return [id, { uniqueBytes, referencedBytes, exclusiveBytes, unreferencedBytes, manifests, tags }] as const
  })
  return { projects: Object.fromEntries(numbers), totalBytes: registries[0]?.uniqueBytes }
}

function stored() {
  const { projects, totalBytes } = usageFromStorage(registry.storage)
  return {
    projects: Object.fromEntries([...projects].map(([name, usage]) => [`ci/${name}`, usage])),
    totalBytes,
  }
}

async function reconcile(how = { dryRun: false }): Promise<ReconcileReport> {
  const answer = await tallyman.app.inject({
    method: 'POST',
    url: '/v1/registries/ci/reconcile',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    payload: how,
  })
  const { job } = answer.json<{ job: { id: string } }>()
  const done = await eventually(
    () =>
      tallyman.get<{ state: string; result: ReconcileReport; failedReason: string }>(
        `/v1/jobs/reconcile/${job.id}`,
      ),
    ({ state }) => state === 'completed' || state === 'failed',
  )
  if (done.state === 'failed') throw new Error(done.failedReason)
  return done.result
}

/** Waits until all events are in the index, lookups included. */
async function allIndexed(): Promise<void> {
  await registry.untilDelivered()
  await tallyman.untilDone('events')
  await tallyman.untilDone('resolve')
}

const confidence = async () =>
  (await tallyman.get<{ registries: Registry[] }>('/v1/registries')).registries[0]?.confidence

test(`after lost events a reconcile makes every number agree with the storage (LAB_SEED=${seed})`, async () => {
  await work(120)
  await loseEvents(40)
  await work(60)
  await loseEvents(40)
  await work(40)
  await allIndexed()
  expect(await indexed()).not.toEqual(stored())
  expect(await confidence()).toMatch(/^events may be missing/)

  const compared = await reconcile({ dryRun: true })
  expect(Object.values(compared.drift).some((count) => count > 0)).toBe(true)
  expect(await indexed()).not.toEqual(stored())

  const mended = await reconcile()
  expect(await indexed()).toEqual(stored())
  expect(await confidence()).toBe(`exact since ${mended.readAt}`)
  expect(mended).toMatchObject({ method: 'storage', failed: 0, unreadable: 0, drift: compared.drift })
  expect(mended.stored?.bytes).toBe(storedBytes(registry.storage))
  expect(Object.values((await reconcile({ dryRun: true })).drift).every((count) => count === 0)).toBe(true)
})

const runFile = promisify(execFile)
const collectGarbage = async (): Promise<number> => {
  const before = storedBytes(registry.storage)
  await runFile('docker-registry', ['garbage-collect', join(registry.folder, 'config.yml')])
  return before - storedBytes(registry.storage)
}

test('reclaimable bytes are what a deletion and a garbage collection free', async () => {
  await collectGarbage()
  interface Tag {
    id: string
    repository: string
    tag: string
    digest: string
  }
  const tags: Tag[] = []
  for (const id of Object.keys((await indexed()).projects)) {
    const found = await tallyman.get<{ tags: Omit<Tag, 'id'>[] }>(
      `/v1/projects/${encodeURIComponent(id)}/tags`,
    )
    tags.push(...found.tags.map((tag) => ({ id, ...tag })))
  }
  let freed = 0
  for (let n = 0; n < 10 && tags.length > 0; ) {
    const [{ id, repository, tag }] = tags.splice(below(tags.length), 1) as [Tag]
    const query = `repository=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`
    const path = `/v1/projects/${encodeURIComponent(id)}/reclaimable?${query}`
    const { reclaimableBytes, manifests } = await tallyman.get<{
      reclaimableBytes: number
      manifests: string[]
    }>(path)
    if (manifests.length === 0) {
      expect(reclaimableBytes).toBe(0)
      continue
    }
    for (const digest of manifests) await client.deleteManifest(repository, digest)
    expect(await collectGarbage()).toBe(reclaimableBytes)
    freed += reclaimableBytes
    n++
    await allIndexed()
    for (const gone of manifests)
      for (const other of tags.filter((one) => one.repository === repository && one.digest === gone))
        tags.splice(tags.indexOf(other), 1)
  }
  expect(freed).toBeGreaterThan(0)
  await reconcile()
  expect(await indexed()).toEqual(stored())
})
