import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision, Deleted } from './decision.ts'
import type { Families } from './families.ts'
import type { ExpiryPolicy } from './plan.ts'
import { outcomeOfError } from './registry-refusal.ts'
import type { RepositoryView } from './repository-view.ts'
import type { Trash } from './trash.ts'

/** What became of the image, with the decision of now if there is one: it may have other tags by now. */
export type Result = Pick<Deleted, 'outcome' | 'why'> & Partial<Decision>

/**
 * Makes a function that deletes one image at its registry, after it has checked everything again. What the registry refuses
 * and what fails is a result, so that the run goes on. @throws if no other image can be deleted, either
 */
export function makeRemoveImage(deps: {
  client: Pick<
    RegistryClient,
    'headManifest' | 'getManifest' | 'deleteManifest' | 'refusesDeletes' | 'hasGitLabApi'
  >
  policy: ExpiryPolicy
  /** The id of the run. */
  run: string
  view: RepositoryView
  /** What tags at the registry keep that stand elsewhere than the index says: why, by digest. */
  untoldTags: () => Promise<ReadonlyMap<string, string>>
  trash: Trash
  families: Families
  /** It is asked again when all else has been checked, which may take long. */
  mayDelete: () => Promise<boolean>
}) {
  const { client, policy, view } = deps

  return async function removeImage(decision: Decision): Promise<Result> {
    try {
      return await remove(decision)
    } catch (error) {
      return outcomeOfError(error, client, decision.repository)
    }
  }

  async function remove(decision: Decision): Promise<Result> {
    const { repository, digest } = decision
    // To look up tags may take minutes, so it comes before the plan is asked.
    const untold = (await deps.untoldTags()).get(digest)
    if (untold !== undefined) return { outcome: 'moved', why: untold }
    const found = await view.stillDeletes(digest)
    if (found === undefined) return { outcome: 'moved', why: 'a plan of now keeps it' }
    const { image, parents, hasDependents } = found
    for (const parent of parents)
      if ((await client.headManifest(repository, parent.digest)) !== undefined)
        return { outcome: 'moved', why: `it belongs to ${parent.digest}, which is at the registry` }
    for (const { name } of image.tags) {
      const at = await client.headManifest(repository, name)
      if (at !== undefined && at.digest !== digest)
        return { outcome: 'moved', why: `the registry has the tag ${name} on another image` }
    }
    const manifest = await client.getManifest(repository, digest)
    if (manifest === undefined) return { outcome: 'absent' }
    if (namesUnknownSubject(manifest, image))
      return { outcome: 'moved', why: 'it names a subject that no event told' }
    if (!(await deps.mayDelete())) return { outcome: 'planned' }
    await deps.trash.put(deps.run, policy, found.decision, manifest)
    if (hasDependents) await deps.families.note(policy.registry, { policy: policy.name, image })
    return { ...found.decision, ...(await deleteManifest(repository, digest)) }
  }

  /**
   * If the link of any tag of the repository is damaged, docker registry 2.8 deletes the manifest, cannot look for its tags,
   * and answers 500. The tags stay in the list and name nothing.
   */
  async function deleteManifest(repository: string, digest: string): Promise<Result> {
    try {
      return { outcome: await client.deleteManifest(repository, digest) }
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 500) throw error
      if ((await client.headManifest(repository, digest)) !== undefined) throw error
      return {
        outcome: 'deleted',
        why: `the registry does not have it any more, and answered ${error.answer}`,
      }
    }
  }
}

/**
 * Whether a manifest has a subject of which the plan did not know: no event tells it, and nobody has read the manifest
 * before (docs/usage.md, References).
 */
function namesUnknownSubject({ bytes, descriptor }: FetchedManifest, image: IndexedImage): boolean {
  try {
    const { subject } = parseManifest(bytes, descriptor.mediaType)
    if (subject === undefined) return false
    const key = digestKey(subject.digest)
    return !image.references?.some((reference) => reference.kind === 'subject' && reference.key === key)
  } catch (error) {
    if (error instanceof InvalidManifest) return false
    throw error
  }
}
