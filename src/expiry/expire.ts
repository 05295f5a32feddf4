import { randomUUID } from 'node:crypto'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Journal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision, ExpiryRun } from './decision.ts'
import { type ExpiryPolicy, planExpiry } from './plan.ts'

type Outcome = ExpiryRun['deletes'][number]['outcome']

const isSame = (a: Pick<Decision, 'repository' | 'digest'>, b: typeof a): boolean =>
  a.repository === b.repository && a.digest === b.digest

/** Plans and runs expiry policies. `now` is a clock in epoch µs, asked again before each delete. */
export function makeExpiry(deps: {
  policies: readonly ExpiryPolicy[]
  index: UsageIndex
  clientOf: (registry: string) => RegistryClient
  store: ObjectStore
  runs: Journal<ExpiryRun>
  metrics: Metrics
  log: Logger
  now: () => number
}) {
  const policyOf = (name: string) => {
    const policy = deps.policies.find((p) => p.name === name)
    if (policy === undefined) throw new Error(`there is no expiry policy "${name}"`)
    return policy
  }

  /** The decision for every image that a policy speaks of. */
  async function plan(name: string): Promise<Decision[]> {
    const policy = policyOf(name)
    const decisions: Decision[] = []
    for (const project of await deps.index.projects(policy.registry))
      decisions.push(...planExpiry(policy, project, await deps.index.images(project), deps.now()))
    return decisions
  }

  /** Plans, deletes what the plan deletes unless `dryRun`, and leaves a record of it. */
  async function run(name: string, dryRun: boolean): Promise<ExpiryRun> {
    const policy = policyOf(name)
    const record: ExpiryRun = {
      ...{ id: randomUUID(), at: new Date(deps.now() / 1000).toISOString(), policy: name },
      ...{ registry: policy.registry, dryRun, kept: 0, deletes: [] },
    }
    for (const project of await deps.index.projects(policy.registry)) {
      const images = await deps.index.images(project)
      const gone: IndexedImage[] = []
      for (const decision of planExpiry(policy, project, images, deps.now())) {
        if (decision.verdict === 'keep') {
          record.kept += 1
          continue
        }
        const outcome = dryRun ? 'planned' : await remove(policy, decision, gone)
        record.deletes.push({ ...decision, outcome })
        if (outcome === 'deleted' || outcome === 'absent')
          gone.push(...images.filter((image) => isSame(image, decision)))
      }
    }
    await deps.runs.append(record)
    return record
  }

  async function remove(policy: ExpiryPolicy, decision: Decision, gone: IndexedImage[]): Promise<Outcome> {
    const client = deps.clientOf(policy.registry)
    if (!(await stillHolds(policy, decision, client, gone))) return 'moved'
    await toTrash(policy, decision, client)
    const outcome = await client.deleteManifest(decision.repository, decision.digest)
    if (outcome === 'deleted') deps.metrics.expired.inc({ policy: policy.name })
    const { repository, digest, tags, reason } = decision
    deps.log.info({ policy: policy.name, repository, digest, tags, reason, outcome }, 'expired')
    return outcome
  }

  /**
   * Nothing moved since the plan: the index decides the same now, and the registry's tags still point there.
   * `gone` is what this run has deleted: a child is still the child of the index that went before it.
   */
  async function stillHolds(
    policy: ExpiryPolicy,
    decision: Decision,
    client: RegistryClient,
    gone: IndexedImage[],
  ): Promise<boolean> {
    const { project, repository, digest, tags } = decision
    const present = await deps.index.images(project)
    const images = [...present, ...gone.filter((g) => !present.some((image) => isSame(image, g)))]
    const now = planExpiry(policy, project, images, deps.now()).find((d) => isSame(d, decision))
    if (now?.verdict !== 'delete') return false
    for (const tag of tags) {
      const found = await client.headManifest(repository, tag)
      if (found !== undefined && found.digest !== digest) return false
    }
    return true
  }

  /** Keeps what putting the image back needs: until garbage collection its blobs stay in the registry. */
  async function toTrash(policy: ExpiryPolicy, decision: Decision, client: RegistryClient): Promise<void> {
    const found = await client.getManifest(decision.repository, decision.digest)
    if (found === undefined) return
    const { mediaType } = found.descriptor
    const entry = {
      ...{ at: new Date(deps.now() / 1000).toISOString(), policy: policy.name, registry: policy.registry },
      ...{ ...decision, mediaType, manifest: found.bytes.toString('base64') },
    }
    const key = `trash/${policy.registry}/${decision.repository}/${decision.digest}.json`
    await deps.store.put(key, JSON.stringify(entry))
  }

  return { plan, run }
}
export type Expiry = ReturnType<typeof makeExpiry>
