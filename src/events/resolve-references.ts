import type { Logger } from '../platform/log.ts'
import type { AskFollow } from '../promotion/ask-follow.ts'
import { jobId } from '../queue/job-id.ts'
import type { ReferencesJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { asHeld } from '../registry/as-held.ts'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { Fact } from '../usage/fact.ts'
import { projectId } from '../usage/project.ts'
import { referencesOf } from '../usage/references-of.ts'
import type { RenameTable } from '../usage/rename-table.ts'
import { factsUnderNewName, newNameOf } from '../usage/renames.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { pace } from './pace.ts'

/** Jobs that are added in one call: some 2 ms. */
const BATCH = 50

/**
 * Adds a job for each manifest whose event did not tell everything that it references. A manifest that was pulled waits in
 * one job at most. Each push has a job of its own, since the manifest may have been deleted between two pushes.
 */
export async function askReferences(
  queues: Queues,
  jobs: readonly Omit<ReferencesJob, 'kind'>[],
): Promise<void> {
  const idOf = ({ registry, repository, digest, at, via }: (typeof jobs)[number]) =>
    jobId('references', registry, repository, digest, via === 'push' ? at : '')
  // One body may name the same manifest ten thousand times.
  const byId = new Map(jobs.map((job) => [idOf(job), job]))
  const adding = [...byId].map(([id, job]) => ({
    name: 'resolve' as const,
    data: { kind: 'references' as const, ...job },
    // A failed job that stayed would block the next one of the same id.
    opts: { jobId: id, removeOnFail: true },
  }))
  for (let i = 0; i < adding.length; i += BATCH) {
    await pace()
    await queues.resolve.addBulk(adding.slice(i, i + BATCH))
  }
}

export type Resolved = 'resolved' | 'absent' | 'invalid'

/**
 * Fetches a manifest by digest and tells the index everything that it references and the registry holds, dated as the event. Nothing changes if
 * the manifest is gone or is not valid. @throws RegistryError if the registry gives no answer
 */
export function makeResolveReferences(deps: {
  index: Pick<UsageIndex, 'apply'>
  renames: Pick<RenameTable, 'of'>
  clientOf: (registry: string) => Pick<RegistryClient, 'getManifest' | 'headBlob'>
  projectOf: (registry: string, repository: string) => string
  recheckQuotas: (projects: string[]) => Promise<void>
  /** Called for a manifest that refers to another one. */
  askFollow: AskFollow
  log: Logger
}) {
  return async function resolveReferences({
    registry,
    digest,
    at,
    via,
    ...job
  }: ReferencesJob): Promise<Resolved> {
    const newName = newNameOf(await deps.renames.of(registry), job.repository, at)
    const repository = newName?.repository ?? job.repository
    const client = deps.clientOf(registry)
    const fetched = await client.getManifest(repository, digest)
    if (fetched === undefined) return 'absent'
    try {
      const parsed = parseManifest(fetched.bytes, fetched.descriptor.mediaType)
      const manifest = await asHeld(parsed, (blob) => client.headBlob(repository, blob))
      const content = { digest, size: fetched.descriptor.size, mediaType: manifest.mediaType }
      const references = { references: referencesOf(manifest), extent: 'read' as const }
      const age = via === 'push' ? { age: { at, source: 'event' as const } } : {}
      const fact: Fact = { kind: 'present', via, repository, at, ...content, ...references, ...age }
      const project = projectId(registry, deps.projectOf(registry, repository))
      await deps.index.apply(project, newName === undefined ? [fact] : factsUnderNewName(fact, newName))
      await deps.recheckQuotas([project])
      if (manifest.subject) await deps.askFollow({ registry, repository }, manifest.subject.digest)
      return 'resolved'
    } catch (error) {
      if (!(error instanceof InvalidManifest)) throw error
      deps.log.warn({ registry, repository, digest, reason: error.message }, 'manifest not understood')
      return 'invalid'
    }
  }
}
