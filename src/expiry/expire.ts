import { randomUUID } from 'node:crypto'
import { makeGlob } from '../platform/glob.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { formatSize } from '../platform/units.ts'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision, ExpiryRun } from './decision.ts'
import { type ExpiryPolicy, planExpiry } from './plan.ts'
import { relationsOf } from './relations.ts'
import type { ExpiryRuns } from './runs.ts'

type Outcome = ExpiryRun['deletes'][number]['outcome']

const isSame = (a: Pick<Decision, 'repository' | 'digest'>, b: typeof a): boolean =>
  a.repository === b.repository && a.digest === b.digest

/** The images that must be deleted before the one that the decision is about. */
function parentsOf(decision: Decision, images: readonly IndexedImage[]): IndexedImage[] {
  const relations = relationsOf(images.filter(({ repository }) => repository === decision.repository))
  return images.filter((image) => isSame(image, decision)).flatMap((image) => [...relations.parentsOf(image)])
}

/**
 * Whether a manifest has a subject of which the plan did not know: no event tells it, and nobody has read the manifest
 * before (docs/usage.md, References).
 */
function namesUnknownSubject(
  { bytes, descriptor }: FetchedManifest,
  image: IndexedImage | undefined,
): boolean {
  try {
    const { subject } = parseManifest(bytes, descriptor.mediaType)
    if (subject === undefined) return false
    const key = digestKey(subject.digest)
    return !image?.references?.some((reference) => reference.kind === 'subject' && reference.key === key)
  } catch (error) {
    if (error instanceof InvalidManifest) return false
    throw error
  }
}

/** By how much our clock and the registry's may differ in a run that deletes, in µs: five minutes. */
const CLOCK_BOUND_US = 300_000_000

/** Plans and runs expiry policies. `now` is a clock in epoch µs; it is read again before each delete. */
export function makeExpiry(deps: {
  policies: readonly ExpiryPolicy[]
  /** Whether nothing is deleted, whatever a run is asked for: it may have been queued under another configuration. */
  dryRun: boolean
  index: UsageIndex
  clientOf: (registry: string) => RegistryClient
  store: ObjectStore
  runs: Pick<ExpiryRuns, 'append'>
  metrics: Metrics
  log: Logger
  now: () => number
}) {
  const policyOf = (name: string) => {
    const policy = deps.policies.find((p) => p.name === name)
    if (policy === undefined) throw new Error(`there is no expiry policy "${name}"`)
    return policy
  }

  /** The repositories that a policy is about, one after the other. */
  async function* repositoriesOf(policy: ExpiryPolicy) {
    const inScope = makeGlob(policy.repository)
    for (const project of await deps.index.projects(policy.registry))
      for (const repository of (await deps.index.repositories(project)).filter(inScope))
        yield { project, images: await deps.index.images(project, repository) }
  }

  /** The decision for every image in the repositories of a policy, one repository at a time. */
  async function* plan(name: string): AsyncGenerator<Decision> {
    const policy = policyOf(name)
    for await (const { project, images } of repositoriesOf(policy))
      yield* planExpiry(policy, project, images, deps.now())
  }

  /**
   * Makes the plan, carries out its deletes unless this is a dry run, and stores a record of the run. @throws if a request or
   * the store fails, or if our clock and the registry's differ too much to tell how old an image is
   */
  async function run(name: string, isDryRunAsked: boolean): Promise<ExpiryRun> {
    const policy = policyOf(name)
    const dryRun = isDryRunAsked || deps.dryRun
    if (!dryRun) await checkClock(policy.registry)
    const record: ExpiryRun = {
      id: randomUUID(),
      at: new Date(deps.now() / 1000).toISOString(),
      policy: name,
      registry: policy.registry,
      dryRun,
      kept: 0,
      deletes: [],
    }
    for await (const { project, images } of repositoriesOf(policy)) {
      const removed: IndexedImage[] = []
      for (const decision of planExpiry(policy, project, images, deps.now())) {
        if (decision.verdict === 'keep') {
          record.kept += 1
          continue
        }
        const outcome = dryRun ? 'planned' : await remove(policy, decision, images, removed)
        record.deletes.push({ ...decision, outcome })
        if (outcome === 'deleted' || outcome === 'absent')
          removed.push(...images.filter((image) => isSame(image, decision)))
      }
    }
    await deps.runs.append(record)
    return record
  }

  async function checkClock(registry: string): Promise<void> {
    const theirs = await deps.clientOf(registry).ping()
    const aheadUs = theirs === undefined ? 0 : deps.now() - theirs.getTime() * 1000
    if (Math.abs(aheadUs) <= CLOCK_BOUND_US) return
    const minutes = Math.round(Math.abs(aheadUs) / 60_000_000)
    const difference = `${minutes} minutes ${aheadUs > 0 ? 'ahead of' : 'behind'} that of the registry "${registry}"`
    throw new Error(`nothing is deleted: our clock is ${difference}`)
  }

  async function remove(
    policy: ExpiryPolicy,
    decision: Decision,
    images: readonly IndexedImage[],
    removed: IndexedImage[],
  ): Promise<Outcome> {
    const client = deps.clientOf(policy.registry)
    if (!(await stillHolds(policy, decision, client, removed))) return 'moved'
    const manifest = await client.getManifest(decision.repository, decision.digest)
    if (manifest === undefined) return 'absent'
    const image = images.find((one) => isSame(one, decision))
    if (namesUnknownSubject(manifest, image)) return 'moved'
    await copyToTrash(policy, decision, manifest)
    const outcome = await client.deleteManifest(decision.repository, decision.digest)
    if (outcome === 'deleted') deps.metrics.expired.inc({ policy: policy.name })
    logDelete(policy, decision, { outcome, bytes: image?.totalSize ?? 0 })
    return outcome
  }

  function logDelete(
    { name, registry }: ExpiryPolicy,
    { repository, digest, tags, reason }: Decision,
    { outcome, bytes }: { outcome: Outcome; bytes: number },
  ): void {
    const what = `${registry}/${repository}@${digest} (${tags.join(', ') || 'no tag'}), ${formatSize(bytes)}`
    const done = outcome === 'deleted' ? 'deleted' : 'was already gone'
    deps.log.info(
      { policy: name, registry, repository, digest, tags, bytes, reason, outcome },
      `${done}: ${what}: ${reason}; its manifest is in the trash`,
    )
  }

  /**
   * Whether a plan made now would delete the image too, all its parents are deleted by now, and the registry has none of
   * its tags on another digest. `removed` are the images that this run has deleted. They stay in the new plan, so that
   * the children of a deleted index still go with it.
   */
  async function stillHolds(
    policy: ExpiryPolicy,
    decision: Decision,
    client: RegistryClient,
    removed: IndexedImage[],
  ): Promise<boolean> {
    const { project, repository, digest, tags } = decision
    const present = await deps.index.images(project, repository)
    const images = [...present, ...removed.filter((r) => !present.some((image) => isSame(image, r)))]
    const latest = planExpiry(policy, project, images, deps.now()).find((d) => isSame(d, decision))
    if (latest?.verdict !== 'delete') return false
    const parents = parentsOf(decision, images)
    if (!parents.every((parent) => removed.some((image) => isSame(image, parent)))) return false
    for (const tag of tags) {
      const found = await client.headManifest(repository, tag)
      if (found !== undefined && found.digest !== digest) return false
    }
    return true
  }

  /**
   * Stores the manifest. Its blobs stay in the registry until garbage collection, so this is enough to undo a delete.
   * @throws if the store does not have it afterwards
   */
  async function copyToTrash(
    policy: ExpiryPolicy,
    decision: Decision,
    found: FetchedManifest,
  ): Promise<void> {
    const entry = {
      at: new Date(deps.now() / 1000).toISOString(),
      policy: policy.name,
      registry: policy.registry,
      ...decision,
      mediaType: found.descriptor.mediaType,
      manifest: found.bytes.toString('base64'),
    }
    const key = `trash/${policy.registry}/${decision.repository}/${decision.digest}.json`
    const body = JSON.stringify(entry)
    await deps.store.put(key, body)
    const stored = await deps.store.head(key)
    if (stored?.size !== Buffer.byteLength(body))
      throw new Error(`nothing is deleted: the store does not have ${key}, which was just written`)
  }

  return { plan, run }
}
export type Expiry = ReturnType<typeof makeExpiry>
