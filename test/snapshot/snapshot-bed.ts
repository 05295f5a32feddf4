import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { allImages } from '../../lab/all-images.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeSnoozes } from '../../src/alerts/snoozes.ts'
import { makeKeptIds } from '../../src/ci/kept-ids.ts'
import { makeInstances } from '../../src/events/instances.ts'
import { makeHistories } from '../../src/history/histories.ts'
import { makeFlags } from '../../src/quota/flags.ts'
import { makeOverrides } from '../../src/quota/overrides.ts'
import { makeMonths } from '../../src/report/months.ts'
import { makeSnapshots } from '../../src/snapshot/snapshots.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

export const noProgress = async () => {}

/** A real Redis with an index of the registries `ci` and `production`, and a folder store. */
export async function startBed() {
  const server = await startRedis()
  const redis = new Redis(server.port, { maxRetriesPerRequest: null })
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-snapshots-'))
  const store = makeFolderStore({ path: folder })
  /** The reconciles and quota checks that restores have asked for. */
  const asked = { reconciles: [] as string[], rechecks: [] as string[] }

  function open(
    options: {
      store?: ObjectStore
      keep?: number
      registries?: string[]
      now?: () => Date
      dataSince?: () => number
      /** By what clock overrides and snoozes end, epoch ms. */
      settingsNow?: () => number
    } = {},
  ) {
    const index = makeUsageIndex({ redis, prefix: 't' })
    const histories = makeHistories({ redis, prefix: 't' })
    const months = makeMonths({ redis, prefix: 't' })
    const on = { redis, prefix: 't', now: options.settingsNow ?? Date.now }
    const settings = {
      ...{ overrides: makeOverrides(on), snoozes: makeSnoozes(on) },
      ...{ flags: makeFlags(on), ciProjects: makeKeptIds(on) },
      instances: makeInstances(on),
    }
    const registries = options.registries ?? ['ci', 'production']
    const snapshots = makeSnapshots({
      dataSince: async () => options.dataSince?.() ?? 0,
      ...{ redis, prefix: 't', index, histories, months, settings, registries, sources: registries },
      store: options.store ?? store,
      keep: options.keep ?? 7,
      now: options.now ?? (() => new Date()),
      log: pino({ level: 'silent' }),
      enqueueReconcile: async (registry) => asked.reconciles.push(registry),
      recheckQuotas: async (projects) => asked.rechecks.push(...projects),
    })
    return { index, histories, months, ...settings, ...snapshots }
  }

  return {
    ...{ redis, url: server.url, folder, store, asked, open },
    /** Empties Redis and keeps the store. Call `open` afterwards for an index that remembers nothing. */
    async lose() {
      await redis.flushall()
      asked.reconciles = []
      asked.rechecks = []
    },
    /** Changes the text of a snapshot in the store. */
    async rewrite(key: string, change: (text: string) => string) {
      const text = zstdDecompressSync((await store.get(key)) ?? '').toString()
      await store.put(key, zstdCompressSync(Buffer.from(change(text))))
    },
    async close() {
      redis.disconnect()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type SnapshotBed = Awaited<ReturnType<typeof startBed>>

/** All that the index answers about these registries. */
export async function answersOf(index: UsageIndex, registries = ['ci', 'production']) {
  const answers: unknown[] = []
  for (const registry of registries) {
    answers.push({ registry, bytes: await index.registryBytes(registry) })
    for (const project of await index.projects(registry)) {
      const images = (await allImages(index, project)).map((image) => JSON.stringify(image)).sort()
      const tags = []
      for (const repository of await index.repositories(project))
        tags.push(...(await index.tags(project, repository, { limit: 1_000 })))
      answers.push({ usage: await index.usage(project), images, tags })
    }
  }
  return answers
}
