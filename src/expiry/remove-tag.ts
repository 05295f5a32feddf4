import type { RegistryClient } from '../registry/client.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { Decision } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'
import { outcomeOfError } from './registry-refusal.ts'
import { movedTo, type Placeholders } from './remove-tag-placeholder.ts'
import type { Trash } from './trash.ts'
import { isUnreadable } from './untold-tags.ts'

/** What became of a tag. `planned`: nothing may be deleted any more. `moved`: it names another image by now. */
export type TagOutcome = 'planned' | 'untagged' | 'absent' | 'moved' | 'refused' | 'failed'
export interface TagResult {
  outcome: TagOutcome
  why?: string
}

/**
 * Makes a function that deletes one tag of an image that stays, since another tag names it. Looks at the registry first: the
 * tag must name the digest of the decision. What the registry refuses and what fails is a result, so that the run goes on.
 * @throws if no other tag can be deleted, either; if the trash fails
 */
export function makeRemoveTag(deps: {
  client: Pick<
    RegistryClient,
    'headManifest' | 'getManifest' | 'putManifest' | 'deleteTag' | 'refusesDeletes' | 'hasGitLabApi'
  >
  policy: ExpiryPolicy
  /** The id of the run. */
  run: string
  trash: Pick<Trash, 'put'>
  placeholders: Pick<Placeholders, 'deleteTag'>
  /** It is asked when all else has been checked. */
  mayDelete: () => Promise<boolean>
}) {
  const { client } = deps
  let needsPlaceholder = false

  return async function removeTag(decision: Decision, tag: string): Promise<TagResult> {
    try {
      return await remove(decision, tag)
    } catch (error) {
      return outcomeOfError(error, client, decision.repository)
    }
  }

  async function remove(decision: Decision, tag: string): Promise<TagResult> {
    const { repository, digest } = decision
    const found = await client.getManifest(repository, tag).catch((error) => {
      if (isUnreadable(error)) return error
      throw error
    })
    if (found instanceof RegistryError)
      return { outcome: 'moved', why: `the registry cannot read the tag: ${found.answer}` }
    if (found === undefined) return { outcome: 'absent' }
    if (found.descriptor.digest !== digest) return movedTo(found.descriptor.digest)
    if (!(await deps.mayDelete())) return { outcome: 'planned' }
    await deps.trash.put(deps.run, deps.policy, { ...decision, tags: [tag], tag }, found)
    if (!needsPlaceholder) {
      // To write to the trash may have taken long.
      const at = await client.headManifest(repository, tag)
      if (at?.digest !== digest) return movedTo(at?.digest)
      const result = await deleteTag(decision, tag, found)
      if (result !== undefined) return result
      needsPlaceholder = true
    }
    const { mediaType } = found.descriptor
    const manifest = found.bytes.toString('base64')
    return deps.placeholders.deleteTag({ repository, tag, digest, mediaType, manifest })
  }

  /** Asks the registry to delete the tag. `undefined`: it deletes digests only. */
  async function deleteTag(
    decision: Decision,
    tag: string,
    found: FetchedManifest,
  ): Promise<TagResult | undefined> {
    const { repository, digest } = decision
    const answer = await client.deleteTag(repository, tag)
    if (answer === 'unsupported') return undefined
    if (answer === 'absent') {
      // A registry that knows digests only in this path may answer 404, too.
      const at = await client.headManifest(repository, tag)
      return at?.digest === digest ? undefined : { outcome: 'absent' }
    }
    if ((await client.headManifest(repository, digest)) !== undefined) return { outcome: 'untagged' }
    // This registry deletes an image with any of its tags.
    needsPlaceholder = true
    const { bytes, descriptor } = found
    await client.putManifest(repository, digest, bytes, descriptor.mediaType)
    for (const other of decision.tags)
      if (other !== tag && (await client.headManifest(repository, other)) === undefined)
        await client.putManifest(repository, other, bytes, descriptor.mediaType)
    const why = 'the registry deleted the image with the tag; the image and its other tags were put back'
    return { outcome: 'untagged', why }
  }
}
