import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { hasNoAnswer, InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision, Deleted } from './decision.ts'
import type { Families } from './families.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { RepositoryView } from './repository-view.ts'
import type { Trash } from './trash.ts'

type Result = Pick<Deleted, 'outcome' | 'why'>

/** Statuses after which no other image can be deleted, either: wrong credentials, and deleting is switched off. */
const ENDS_RUN = [401, 405]

/**
 * Makes a function that deletes one image at its registry, after it has checked everything again. What the registry refuses
 * and what fails is a result, so that the run goes on. @throws if no other image can be deleted, either
 */
export function makeRemoveImage(deps: {
  client: Pick<RegistryClient, 'headManifest' | 'getManifest' | 'deleteManifest'>
  policy: ExpiryPolicy
  view: RepositoryView
  /** The tags at the registry that stand elsewhere than the index says, by digest. */
  untoldTags: () => Promise<ReadonlyMap<string, string>>
  trash: Trash
  families: Families
}) {
  const { client, policy, view } = deps

  return async function removeImage(decision: Decision): Promise<Result> {
    try {
      return await remove(decision)
    } catch (error) {
      if (!(error instanceof RegistryError) || hasNoAnswer(error) || ENDS_RUN.includes(error.status ?? 0))
        throw error
      const isRefused = error.status !== undefined && error.status >= 400 && error.status < 500
      return { outcome: isRefused ? 'refused' : 'failed', why: error.message }
    }
  }

  async function remove(decision: Decision): Promise<Result> {
    const { repository, digest } = decision
    const found = await view.stillDeletes(digest)
    if (found === undefined) return { outcome: 'moved', why: 'a plan of now keeps it' }
    const { image, parents, hasDependents } = found
    for (const parent of parents)
      if ((await client.headManifest(repository, parent.digest)) !== undefined)
        return { outcome: 'moved', why: `it belongs to ${parent.digest}, which is at the registry` }
    const untold = (await deps.untoldTags()).get(digest)
    if (untold !== undefined) return { outcome: 'moved', why: untoldTag(untold) }
    for (const { name } of image.tags) {
      const at = await client.headManifest(repository, name)
      if (at !== undefined && at.digest !== digest)
        return { outcome: 'moved', why: `the registry has the tag ${name} on another image` }
    }
    const manifest = await client.getManifest(repository, digest)
    if (manifest === undefined) return { outcome: 'absent' }
    if (namesUnknownSubject(manifest, image))
      return { outcome: 'moved', why: 'it names a subject that no event told' }
    // The plan that made the decision may be older than a tag.
    await deps.trash.put(policy, { ...decision, tags: image.tags.map(({ name }) => name) }, manifest)
    if (hasDependents) await deps.families.note(policy.registry, { policy: policy.name, image })
    return { outcome: await client.deleteManifest(repository, digest) }
  }
}

const untoldTag = (tag: string): string => `the registry has the tag ${tag} on it, which no notification told`

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
