import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeAttachReceipt } from '../../src/promotion/attach-receipt.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { signReceipt } from '../../src/promotion/envelope.ts'
import type { GatesResult } from '../../src/promotion/gates/check-gates.ts'
import type { Attempt } from '../../src/promotion/outcome.ts'
import { makePromote } from '../../src/promotion/promote.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeReceipts } from '../../src/promotion/receipts.ts'
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

  /** `receiptKey`: with which receipts are signed, in PEM. `options`: those of the rule that may change later. */
  function setUp(
    options: Partial<CopyOptions> = {},
    more: {
      receiptKey?: string
      options?: Partial<CopyOptions>
      checkGates?: () => Promise<GatesResult>
    } = {},
  ) {
    const { receiptKey, checkGates = async () => ({ state: 'open', results: [] }) } = more
    const store = makeFolderStore({ path: folder })
    const fail = (error: Error) => {
      throw error
    }
    const now = () => ASKED_AT
    const sign = (receipt: PromotionReceipt) =>
      receiptKey === undefined ? undefined : signReceipt(receipt, receiptKey)
    const warnings: string[] = []
    const receipts = makeReceipts({
      sign,
      store,
      keepMs: 1e12,
      now,
      onUnreadable: (_, error) => fail(error),
      onError: fail,
    })
    const targets = makeTargets(store)
    const promoteJob = makePromote({
      ...{ clientOf, receipts, targets, metrics: makeMetrics(), copier: makeCopier(), now },
      optionsOf: () => ({ ...UNRULED, ...options, ...more.options }),
      isYounger: async () => false,
      isPlaceholder: async () => false,
      checkGates,
      mountFrom: () => async () => [],
      follow: async () => {},
      attachReceipt: makeAttachReceipt({ clientOf, receipts }),
      warn: (message) => void warnings.push(message),
    })
    const attempt = (job: PromotionJob, more: Partial<Attempt> = {}) =>
      promoteJob(job, {
        ...{ id: `p${job.digest.slice(7, 15)}`, askedAt: ASKED_AT },
        ...{ isMyTurn: async () => true, onProgress: () => {} },
        ...more,
      })
    async function promote(job: PromotionJob, more: Partial<Attempt> = {}): Promise<PromotionReceipt> {
      const outcome = await attempt(job, more)
      if (outcome.state !== 'promoted') throw new Error(`${outcome.state}: ${outcome.why}`)
      return outcome.receipt
    }
    return { store, receipts, targets, attempt, promote, warnings }
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
