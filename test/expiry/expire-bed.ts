import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { DAY } from '../../lab/images.ts'
import { pushImage } from '../../lab/push-image.ts'
import { expiring } from '../../lab/rules.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { KnownUse } from '../../src/expiry/age-and-use.ts'
import type { Audit } from '../../src/expiry/audit.ts'
import type { ExpiryRun } from '../../src/expiry/decision.ts'
import type { EvictSettings } from '../../src/expiry/evict.ts'
import { makeExpiry, type RunControl } from '../../src/expiry/expire.ts'
import { makeFindNotUnderstood } from '../../src/expiry/not-understood.ts'
import type { DialectPolicy, ExpiryRule, RulePolicy } from '../../src/expiry/plan.ts'
import { makePlanner } from '../../src/expiry/planner.ts'
import type { FindProtection } from '../../src/expiry/protection.ts'
import type { RunIdentity } from '../../src/expiry/run-id.ts'
import { type ExpiryRuns, makeExpiryRuns } from '../../src/expiry/runs.ts'
import { makeLog } from '../../src/platform/log.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import type { ExpiryAlert, RegistryAlert } from '../../src/queue/alert.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { referencesOf } from '../../src/usage/references-of.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

/** When the images of these tests were pushed, and when their policies run, epoch µs. */
export const PUSHED_AT = 1_795_449_746_518_381
export const NOW = PUSHED_AT + 30 * DAY

export const image = (seed: string): LabImage => makeImage({ layers: [{ seed, bytes: 2_000 }], label: seed })

export const multiPlatform = (seed: string): LabImage =>
  makeIndex([
    { image: image(`${seed} amd64`), architecture: 'amd64' },
    { image: image(`${seed} arm64`), architecture: 'arm64' },
  ])

interface Options {
  rules?: ExpiryRule[]
  /** In ms. */
  notice?: number
  /** In place of rules. */
  document?: Pick<DialectPolicy, 'dialect' | 'document'>
  /** Glob over repositories. */
  repository?: string
  now?: () => number
  /** As in the configuration now; `apply` by default. */
  mode?: () => 'plan' | 'apply'
  /** What a reload has changed in the policy by now. */
  changed?: () => Partial<RulePolicy> | Partial<DialectPolicy>
  /** The registry's clock, epoch µs; the same as ours by default. */
  registryNow?: () => number
  store?: (real: ObjectStore) => ObjectStore
  /** In place of these methods of the client. */
  client?: Partial<RegistryClient>
  runs?: (real: ExpiryRuns) => ExpiryRuns
  audit?: Audit
  doubtOf?: (registry: string) => Promise<string | undefined>
  /** Not held by default. */
  isHeld?: () => Promise<boolean>
  findProtections?: FindProtection
  failuresOf?: (registry: string) => Promise<string[]>
  protectsLabels?: () => boolean
  /** 1 by default: everything. */
  maxShare?: number
  pace?: { planMs: number; atOnce: number }
  trashKeepMs?: number
  evict?: EvictSettings
  /** By default all pulls are known. */
  use?: KnownUse
  /** The limit of every project, in bytes. */
  quota?: () => number | undefined
  /** Whether its quota is to be escalated before anything is evicted. By default it is not. */
  evictsLater?: () => boolean
  deletesPerSecond?: number
  /** Real time by default. */
  sleep?: (ms: number) => Promise<unknown>
}

/** For the tests of one file: a real registry that can fail; an index and a store that are empty before each test. */
export function useExpiry() {
  const bed = useRedis()
  let registry: FaultyRegistry
  let client: RegistryClient
  let folder: string
  let tests = 0

  beforeAll(async () => {
    registry = await startFaultyRegistry()
    client = makeRegistryClient({ name: 'ci', url: registry.url })
  })
  beforeEach(async () => {
    tests += 1
    registry.reset()
    folder = await mkdtemp(join(tmpdir(), 'tallyman-expire-'))
    return () => rm(folder, { recursive: true })
  })
  afterAll(async () => {
    await client?.close()
    await registry?.close()
  })

  function setUp(options: Options = {}) {
    const { rules, repository = '**', now = () => NOW, mode = () => 'apply' as const, store, runs } = options
    const { registryNow = now } = options
    const index: UsageIndex = makeUsageIndex({ redis: bed.redis, prefix: 't' })
    const metrics = makeMetrics()
    const realStore = makeFolderStore({ path: folder })
    const fail = (error: Error) => {
      throw error
    }
    const realRuns = makeExpiryRuns({
      ...{ store: realStore, keepMs: Number.POSITIVE_INFINITY, now: () => 0 },
      ...{ onUnreadable: (_, error) => fail(error), onError: fail },
    })
    /** The records, whole, the newest first. */
    const recent = async (limit: number): Promise<ExpiryRun[]> =>
      Promise.all(
        (await realRuns.recent(limit)).map(async ({ outcomes: _, kept = 0, ...run }) => ({
          ...run,
          kept,
          deletes: (await realRuns.deletes(run.id, 0, 100_000)) ?? [],
        })),
      )
    const scope = { registry: 'ci', repository }
    const decidedBy = options.document ?? {
      rules: rules ?? expiring({ tag: 'pr-*', olderThan: 14 * (DAY / 1000) }),
    }
    const alerts: (RegistryAlert | ExpiryAlert)[] = []
    const audited: Parameters<Audit>[0][] = []
    const planner = makePlanner({
      ...{
        index,
        now,
        details: {
          of: async () => new Map(),
          known: async () => new Map(),
          budget: () => ({ reads: 0, until: 0 }),
        },
      },
      findProtections: options.findProtections ?? (async () => () => undefined),
      findNotUnderstood: makeFindNotUnderstood({ clientOf: () => client, now }),
      protectsLabels: options.protectsLabels ?? (() => false),
      useOf: async () => options.use ?? { isComplete: true, since: 0 },
      quotaOf: async () => {
        const limit = options.quota?.()
        return limit === undefined ? undefined : { limit, evictsLater: options.evictsLater?.() ?? false }
      },
    })
    const expiry = makeExpiry({
      settings: () => ({
        policies: [
          { ...scope, name: 'other', mode: mode(), rules: [] },
          {
            ...scope,
            ...decidedBy,
            notice: options.notice,
            evict: options.evict,
            name: 'branches',
            mode: mode(),
            ...options.changed?.(),
          },
        ],
        maxShare: options.maxShare ?? 1,
        deletesPerSecond: options.deletesPerSecond,
        gc: { timeZone: 'UTC' },
        // The store tells when an entry was written by the clock of the machine.
        trash: { keep: options.trashKeepMs ?? 1e13 },
      }),
      index,
      clientOf: (name) => {
        if (name !== 'ci') throw new Error(`no client for ${name}`)
        return { ...client, ...options.client, ping: async () => new Date(registryNow() / 1000) }
      },
      store: store?.(realStore) ?? realStore,
      runs: runs?.(realRuns) ?? realRuns,
      audit: options.audit ?? (async (entry) => void audited.push(entry)),
      // Each delete is decided by a plan of its own, and they come in order.
      pace: options.pace ?? { planMs: 0, atOnce: 1 },
      isHeld: options.isHeld ?? (async () => false),
      doubtOf: options.doubtOf ?? (async () => undefined),
      failuresOf: options.failuresOf ?? (async () => []),
      planner,
      ...(options.sleep && { sleep: options.sleep }),
      announce: async (alert) => alerts.push(alert),
      metrics,
      log: makeLog('silent'),
      now,
    })
    const expired = async () =>
      (await metrics.expired.get()).values.filter(({ labels }) => labels.outcome === 'deleted')
    const run = (
      policy: string,
      isDryRun: boolean,
      identity?: RunIdentity,
      { acceptShare = false, plan, ...control }: RunControl & { acceptShare?: boolean; plan?: string } = {},
    ) =>
      expiry.run(
        { policy, registry: 'ci', dryRun: isDryRun, acceptShare, by: 'a test', ...(plan && { plan }) },
        identity,
        control,
      )
    return {
      ...expiry,
      run,
      alerts,
      audited,
      index,
      journal: { recent },
      store: realStore,
      expired,
      planner,
      policy: () => ({ ...scope, ...decidedBy, evict: options.evict, name: 'branches' }),
      push: pushWith(index),
    }
  }

  /** Pushes an image to the registry, and applies the facts of the registry's notifications to the index. */
  const pushWith =
    (index: UsageIndex) =>
    async (tag: string, pushed: LabImage, repository: string, project = `ci/${repository}`) => {
      await pushImage(client, repository, tag, pushed)
      await index.apply(project, factsOf(tag, pushed, repository))
      registry.reset()
    }

  return {
    setUp,
    get redis() {
      return bed.redis
    },
    get client() {
      return client
    },
    get registry() {
      return registry
    },
    /** A repository that no other test has; the project has the same name. */
    get repository() {
      return `team/app${tests}`
    },
    get project() {
      return `ci/team/app${tests}`
    },
    /** The digests that the registry was asked to delete, in order. */
    get deletes() {
      return registry.requests
        .filter((line) => line.startsWith('DELETE'))
        .map((line) => line.slice(line.lastIndexOf('/') + 1))
    },
  }
}

const factsOf = (tag: string, { root, manifests }: LabImage, repository: string): Fact[] =>
  [...manifests].map(([digest, { bytes, mediaType }]) => ({
    kind: 'push',
    repository,
    at: PUSHED_AT,
    digest,
    size: bytes.length,
    mediaType,
    references: referencesOf(parseManifest(bytes, mediaType)),
    extent: 'all',
    ...(digest === root.digest && { tag }),
  }))

/** A pull of the image, five minutes before the policy runs. */
export const pullOf = ({ root }: LabImage, repository: string): Fact => ({
  kind: 'pull',
  id: `pull of ${root.digest}`,
  repository,
  at: NOW - 300_000_000,
  digest: root.digest,
  size: root.size,
  mediaType: root.mediaType,
})

/** A push of the image under another tag, just after it was first pushed. */
export const taggedAs = (tag: string, { root }: LabImage, repository: string): Fact => ({
  kind: 'push',
  repository,
  at: PUSHED_AT + 1,
  digest: root.digest,
  size: root.size,
  mediaType: root.mediaType,
  tag,
})
