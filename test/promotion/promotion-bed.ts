import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeIsPlaceholder } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeAttachReceipt } from '../../src/promotion/attach-receipt.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { signReceipt } from '../../src/promotion/envelope.ts'
import type { GatesResult } from '../../src/promotion/gates/check-gates.ts'
import type { Attempt } from '../../src/promotion/outcome.ts'
import { makePromote } from '../../src/promotion/promote.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeReceipts, type Receipts } from '../../src/promotion/receipts.ts'
import { type CopyOptions, UNRULED } from '../../src/promotion/rule.ts'
import { makeTargets } from '../../src/promotion/targets.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

/** epoch ms */
export const ASKED_AT = Date.parse('2026-11-23T16:03:00.000Z')

/** Two real registries, and promotions between them with a store that is empty before each test. */
export function usePromotions() {
  let registries: Record<'ci' | 'production', FaultyRegistry>
  let clients: Record<string, RegistryClient>
  let folder: string
  let images = 0

  beforeAll(async () => {
    const [ci, production] = await Promise.all([startFaultyRegistry(), startFaultyRegistry()])
    registries = { ci, production }
    clients = {
      ci: makeRegistryClient({ name: 'ci', url: ci.url }),
      production: makeRegistryClient({ name: 'production', url: production.url }),
    }
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyman-promotions-'))
    for (const registry of Object.values(registries)) registry.reset()
    return () => rm(folder, { recursive: true })
  })
  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) await client.close()
    for (const registry of Object.values(registries ?? {})) await registry.close()
  })

  const clientOf = (registry: string): RegistryClient => {
    const client = clients[registry]
    if (client === undefined) throw new Error(`no client for ${registry}`)
    return client
  }

  /**
   * `receiptKey`: with which receipts are signed, in PEM. `receipts`: what stands in for those of the store. The scene's `clock`
   * (epoch ms), `set`, `receipts` and `targets` may be changed at any time; without options, the rule of the job is gone.
   */
  function setUp(
    options: Partial<CopyOptions> = {},
    more: { receiptKey?: string; receipts?: Partial<Receipts> } = {},
  ) {
    const { receiptKey } = more
    const clock = { now: ASKED_AT }
    const set: {
      options: CopyOptions | undefined
      checkGates: () => GatesResult
      /** The digest that a younger push gave the tag, by the index. */
      youngest?: string
    } = { options: { ...UNRULED, ...options }, checkGates: () => ({ state: 'open', results: [] }) }
    const followed: { digests: string[]; ms: number }[] = []
    const warnings: string[] = []
    const store = makeFolderStore({ path: folder })
    const fail = (error: Error) => {
      throw error
    }
    const now = () => clock.now
    const stored = makeReceipts({
      ...{ store, keepMs: 1e12, now },
      sign: (receipt) => (receiptKey === undefined ? undefined : signReceipt(receipt, receiptKey)),
      onUnreadable: (_, error) => fail(error),
      onError: fail,
    })
    const receipts = { ...stored, ...more.receipts }
    const targets = makeTargets(store)
    const metrics = makeMetrics()
    const promoteJob = makePromote({
      ...{ clientOf, targets, metrics, copier: makeCopier(), now },
      receipts,
      optionsOf: () => set.options,
      isYounger: async (_, digest) => digest === set.youngest,
      isPlaceholder: makeIsPlaceholder(store),
      whyBroken: async () => undefined,
      checkGates: async () => set.checkGates(),
      mountFrom: () => async () => [],
      follow: async (_, { manifests }, ms) => void followed.push({ digests: manifests, ms }),
      attachReceipt: makeAttachReceipt({ clientOf, receipts: stored }),
      warn: (message) => void warnings.push(message),
    })
    const attempt = (job: PromotionJob, more: Partial<Attempt> = {}) =>
      promoteJob(job, {
        ...{ id: `p${job.digest.slice(7, 15)}`, askedAt: ASKED_AT, seenAt: ASKED_AT },
        ...{ isMyTurn: async () => true, onProgress: () => {} },
        ...more,
      })
    async function promote(job: PromotionJob, more: Partial<Attempt> = {}): Promise<PromotionReceipt> {
      const outcome = await attempt(job, more)
      if (outcome.state !== 'promoted') throw new Error(`${outcome.state}: ${outcome.why}`)
      return outcome.receipt
    }
    const promotedBytes = async () => (await metrics.promotedBytes.get()).values
    return { store, receipts, targets, attempt, promote, clock, set, followed, warnings, promotedBytes }
  }

  /** Pushes an image to a repository of its own, or to the one given, as `v1`. `pushedAt`: epoch µs. */
  async function release(at: { repository?: string; tag?: string; pushedAt?: number } = {}) {
    images += 1
    const image = makeImage({ layers: [{ seed: `layer ${images}`, bytes: 10_000 }], label: `${images}` })
    const { repository = `team/app${images}`, tag = 'v1', pushedAt = ASKED_AT * 1_000 } = at
    await pushImage(clientOf('ci'), repository, tag, image)
    const job: PromotionJob = {
      ...{ kind: 'copy', rule: 'releases', registry: 'ci', project: `ci/${repository}`, repository, tag },
      ...{ digest: image.root.digest, pushedAt, by: 'push' },
      to: { registry: 'production', repository: `released/${repository}`, tag },
    }
    return { image, repository, job }
  }

  const atTarget = async ({ to }: Pick<PromotionJob, 'to'>, reference = to.tag) =>
    (await clientOf(to.registry).headManifest(to.repository, reference))?.digest

  return {
    ...{ clientOf, setUp, release, atTarget },
    get registries() {
      return registries
    },
  }
}
