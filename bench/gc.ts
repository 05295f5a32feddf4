import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Redis } from 'ioredis'
import pMap from 'p-map'
import { digestOf, OCI_MANIFEST } from '../lab/image.ts'
import { startRgw } from '../lab/rgw.ts'
import { gateBarrier } from '../src/barrier/barrier.ts'
import { collectBehindBarrier } from '../src/barrier/collect.ts'
import { makeGate } from '../src/barrier/gate.ts'
import { makeBlobTrash, runAt } from '../src/space/blob-trash.ts'
import { surveyStorage } from '../src/space/survey-storage.ts'
import { makeFolderStorage } from '../src/storage/folder-storage.ts'
import { blobKey, layerLink, revisionKey } from '../src/storage/layout.ts'
import { makeS3Storage } from '../src/storage/s3-storage.ts'
import type { RegistryStorage } from '../src/storage/storage.ts'
import { startBenchRedis } from './bench-redis.ts'

/** Blobs of a repository: its image of 88 layers, a config and a manifest, and garbage that was uploaded. */
const LAYERS = 88
const GARBAGE = 10
const BLOBS = LAYERS + 2 + GARBAGE

/** How often a push to some repository asks the gate, in ms. */
const PUSH_MS = 20

type Put = (key: string, bytes: Buffer) => Promise<unknown>

/**
 * A collection of garbage behind the barrier, of a registry whose tenth blob is garbage, while pushes ask the gate: on a folder,
 * and (with LAB_S3=1) on a RADOS Gateway.
 */
export async function gc({ small, say }: { small: boolean; say: (line: string) => void }) {
  const server = await startBenchRedis()
  const redis = new Redis(server.url)
  try {
    const folder = await onFolder(redis, small ? 20 : 1_000, say)
    const rgw = process.env.LAB_S3 === undefined ? undefined : await onRgw(redis, small ? 2 : 1_000, say)
    return { ...folder, ...(rgw && { rgw }) }
  } finally {
    redis.disconnect()
    await server.close()
  }
}

async function onFolder(redis: Redis, repositories: number, say: (line: string) => void) {
  const path = await mkdtemp(join(tmpdir(), 'tallyman-bench-gc-'))
  try {
    const old = new Date(Date.now() - 86_400_000)
    await fill(repositories, async (key, bytes) => {
      const file = join(path, key)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, bytes)
      await utimes(file, old, old)
    })
    say(`a folder with ${repositories * BLOBS} blobs`)
    return await collect(redis, makeFolderStorage({ path }), { repositories, minAgeMs: 3_600_000, say })
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function onRgw(redis: Redis, repositories: number, say: (line: string) => void) {
  const rgw = await startRgw()
  const { endpoint, region, credentials } = rgw
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  try {
    const bucket = 'bench'
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    await fill(repositories, (Key, Body) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body })))
    say(`a RADOS Gateway with ${repositories * BLOBS} blobs`)
    const storage = makeS3Storage({ endpoint, region, credentials, bucket, prefix: '', forcePathStyle: true })
    // Nothing is older there.
    await sleep(1_100)
    return await collect(redis, storage, { repositories, minAgeMs: 0, say })
  } finally {
    client.destroy()
    await rgw.close()
  }
}

/** Writes registries as distribution would. */
const fill = (repositories: number, put: Put): Promise<unknown> =>
  pMap(
    Array.from({ length: repositories }, (_, n) => `team/app-${n}`),
    async (name) => {
      const add = async (text: string) => {
        const bytes = Buffer.from(`${name} ${text} ${'.'.repeat(100)}`)
        const digest = digestOf(bytes)
        await put(blobKey(digest), bytes)
        await put(layerLink(name, digest), Buffer.from(digest))
        return { mediaType: 'application/octet-stream', digest, size: bytes.length }
      }
      const layers = []
      for (let n = 0; n < LAYERS; n++) layers.push(await add(`layer ${n}`))
      const config = await add('config')
      for (let n = 0; n < GARBAGE; n++) await add(`garbage ${n}`)
      const manifest = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }),
      )
      const digest = digestOf(manifest)
      await put(blobKey(digest), manifest)
      await put(revisionKey(name, digest), Buffer.from(digest))
    },
    { concurrency: 16 },
  )

async function collect(
  redis: Redis,
  storage: RegistryStorage,
  { repositories, minAgeMs, say }: { repositories: number; minAgeMs: number; say: (line: string) => void },
) {
  const gate = makeGate({ redis, prefix: 'bench' })
  let isOver = false
  let [pushes, longest] = [0, 0]
  async function push() {
    const name = `team/app-${pushes++ % Math.min(repositories, 50)}`
    const begin = performance.now()
    await gate.pass({ registry: 'ci', method: 'PUT', uri: `/v2/${name}/manifests/latest` })
    longest = Math.max(longest, performance.now() - begin)
  }
  const pushing = (async () => {
    const all: Promise<void>[] = []
    for (; !isOver; await sleep(PUSH_MS)) all.push(push())
    await Promise.all(all)
  })()
  const begin = performance.now()
  try {
    const { promised, moved, pausesMs } = await collectBehindBarrier({
      ...{ storage, trash: makeBlobTrash(storage), run: runAt(Date.now(), 'bench') },
      ...{ now: Date.now, clock: () => performance.now() },
      barrier: gateBarrier(gate, 'ci', 3_600_000),
      survey: () => surveyStorage(storage, { projectOf: (name) => name }),
      named: async () => new Set<string>(),
      pushedTo: async () => [],
      requireGate: async () => {},
      stop: new AbortController().signal,
      settings: {
        minAgeMs,
        pauseMs: 2_000,
        restMs: 1_000,
        drainMs: 200,
        clocksMs: minAgeMs === 0 ? 50 : 60_000,
      },
      at: async (step) => say(`${((performance.now() - begin) / 1000).toFixed(1)} s: ${step}`),
    })
    return {
      ...{ blobs: repositories * BLOBS, candidates: promised.blobs, freed_bytes: moved.bytes },
      ...{ pause_ms: Math.round(Math.max(...pausesMs)), pauses: pausesMs.length },
      longest_push_ms: Math.round(longest),
      total_s: Math.round((performance.now() - begin) / 100) / 10,
    }
  } finally {
    isOver = true
    await pushing
  }
}
