import { once } from 'node:events'
import { globSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import { type FaultyRegistry, startFaultyProxy } from '../../lab/faulty-registry.ts'
import type { LabImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { upload } from '../../lab/push-image.ts'
import { type LabRegistryOptions, startRegistry } from '../../lab/registry.ts'
import { eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { PromotionProgress } from '../../src/promotion/progress.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import type { PromotionJob, QueueName } from '../../src/queue/jobs.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A promotion as its job tells. */
export interface Promotion {
  id: string
  data: PromotionJob
  state: 'done' | 'failed' | 'in hand'
  why: string | undefined
  failedReason: string | undefined
  attempts: number
}

export type Trials = Awaited<ReturnType<typeof startTrials>>

/**
 * The whole service with two real registries, `ci`, which sends notifications, and `production`. Tallyman reaches `production`
 * through `production.faults`. Alerts go to a chat.
 */
export async function startTrials(options: {
  rules: object[]
  ci?: LabRegistryOptions
  production?: LabRegistryOptions
  /** Those whose workers are in this process. Default: all. */
  queues?: readonly QueueName[]
}) {
  const port = await freePort()
  const notify = { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN }
  const [ciRegistry, productionRegistry, chat] = await Promise.all([
    startRegistry({ ...options.ci, notify }),
    startRegistry(options.production),
    startChat(),
  ])
  const [ciFaults, productionFaults] = await Promise.all([
    startFaultyProxy(ciRegistry),
    startFaultyProxy(productionRegistry),
  ])
  const tallyman = await startTallyman(
    {
      registries: {
        ci: { url: ciFaults.url, token: WEBHOOK_TOKEN },
        production: { url: productionFaults.url },
      },
      reconcile: { onNewInstance: false },
      alerts: { gather: '1ms', channels: [{ name: 'chat', type: 'slack', url: chat.url }] },
      promotion: { rules: options.rules },
    },
    options.queues && { queues: options.queues },
  )
  await tallyman.app.listen({ port })
  const redis = new Redis(tallyman.redis.port, { maxRetriesPerRequest: null })
  const queues = makeQueues(redis, 'tallyman')
  const side = (registry: typeof ciRegistry, faults: FaultyRegistry) => ({
    ...{ registry, faults, client: makeRegistryClient({ name: 'lab', url: registry.url }) },
  })
  const ci = side(ciRegistry, ciFaults)
  const production = side(productionRegistry, productionFaults)

  /** The promotions of what is in repositories that begin so. */
  async function promotions(prefix: string): Promise<Promotion[]> {
    const jobs = await queues.promotion.getJobs()
    const copies = jobs.filter(
      (job) => job?.data.kind === 'copy' && `${job.data.repository}/`.startsWith(prefix),
    )
    return copies.map((job) => ({
      id: job.id ?? '',
      data: job.data as PromotionJob,
      // A job that is done keeps the reason for which an attempt failed.
      state: job.finishedOn === undefined ? 'in hand' : job.returnvalue ? 'done' : 'failed',
      why: (job.progress as PromotionProgress).why,
      failedReason: job.failedReason,
      attempts: job.attemptsMade,
    }))
  }

  return {
    ...{ tallyman, ci, production, promotions, redis, queue: queues.promotion },
    /** The bodies of the messages in the chat, oldest first: one message may tell several alerts. */
    messages: chat.messages,

    /** Resolves once every event of `ci` is in the index, and every promotion that it asks for is a job. */
    async heard(): Promise<void> {
      await ciRegistry.untilDelivered()
      await tallyman.untilDone('events')
      await tallyman.untilDone('resolve')
    },

    /** Resolves once the promotions, of which there are at least so many, have ended. */
    ended: (prefix: string, count = 1): Promise<Promotion[]> =>
      eventually(
        () => promotions(prefix),
        (all) => all.length >= count && all.every(({ state }) => state !== 'in hand'),
      ),

    /** Has promotions that wait go on at once, until they have ended. */
    hastened: (prefix: string): Promise<Promotion[]> =>
      eventually(
        async () => {
          // It may begin by itself in this moment.
          for (const job of await queues.promotion.getDelayed()) await job.promote().catch(() => {})
          return promotions(prefix)
        },
        (all) => all.length > 0 && all.every(({ state }) => state !== 'in hand'),
      ),

    /** The uploads of which `production` keeps content, in repositories that begin so. */
    openUploads: (prefix: string): string[] =>
      globSync(`docker/registry/v2/repositories/${prefix}**/_uploads/*/data`, {
        cwd: productionRegistry.storage,
      }),

    /** The receipts of promotions from repositories that begin so, newest first. */
    async receipts(prefix: string): Promise<PromotionReceipt[]> {
      const { promotions: all } = await tallyman.get<{ promotions: PromotionReceipt[] }>(
        '/v1/promotions?limit=1000',
      )
      return all.filter(({ from }) => `${from.repository}/`.startsWith(prefix))
    },

    async close(): Promise<void> {
      await closeQueues(queues)
      redis.disconnect()
      await Promise.all([ci.client.close(), production.client.close()])
      await tallyman.close()
      await Promise.all([ciFaults.close(), productionFaults.close(), chat.close()])
    },
  }
}

async function startChat() {
  const messages: string[] = []
  const server = createServer(async (request, answer) => {
    messages.push(await text(request))
    answer.end('ok')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    messages,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Pushes all of an image but its root. Returns what writes a tag of it, which takes one request. */
export async function prepare(client: RegistryClient, repository: string, image: LabImage) {
  for (const bytes of image.blobs.values()) await upload(client, repository, bytes)
  const { digest } = image.root
  for (const [child, { bytes, mediaType }] of image.manifests)
    if (child !== digest) await client.putManifest(repository, child, bytes, mediaType)
  const root = image.manifests.get(digest)
  if (root === undefined) throw new Error('an image without its manifest')
  return (tag: string) => client.putManifest(repository, tag, root.bytes, root.mediaType)
}

/** The digest that a tag names; `undefined` if there is no such tag. */
export const digestAt = async (
  client: RegistryClient,
  repository: string,
  tag: string,
): Promise<string | undefined> => (await client.headManifest(repository, tag))?.digest
