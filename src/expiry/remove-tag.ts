import type { RegistryClient } from '../registry/client.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { isUnreadable, mayPass, RegistryError } from '../registry/registry-error.ts'
import type { Decision } from './decision.ts'
import type { Sleep } from './delete-pace.ts'
import { lookLast, makeTryAgain } from './last-looks.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { PutBack } from './put-backs.ts'
import { DeletesDisabled, outcomeOfError } from './registry-refusal.ts'
import { movedTo, type Placeholders } from './remove-tag-placeholder.ts'
import { takeBack } from './take-back.ts'
import type { Trash } from './trash.ts'

/** What became of a tag. `planned`: nothing may be deleted any more. `moved`: it names another image by now. */
export type TagOutcome = 'planned' | 'untagged' | 'absent' | 'moved' | 'refused' | 'failed'
export interface TagResult {
  outcome: TagOutcome
  why?: string
}

/**
 * Makes a function that deletes one tag of an image that stays, since another tag names it. Looks first, and again once the trash
 * is written: a plan of now must delete the tag, and the tag must name the digest of the decision. What the registry refuses and what fails is a result, so that the run goes on.
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
  trash: Pick<Trash, 'put' | 'takeBack'>
  placeholders: Pick<Placeholders, 'deleteTag' | 'putBacks'>
  /** Images that tags at the registry may name of which the index does not know: why, by digest. */
  untoldTags: () => Promise<ReadonlyMap<string, string>>
  /** Why a tag stays by a plan of now; `undefined` if it goes alone. */
  whyTagStays: (digest: string, tag: string) => Promise<string | undefined>
  /** It is asked when all else has been checked. */
  mayDelete: () => Promise<boolean>
  sleep: Sleep
}) {
  const { client } = deps
  const tryAgain = makeTryAgain(deps.sleep)
  const { putBacks } = deps.placeholders
  let needsPlaceholder = false
  /** Whether the registry has deleted a tag, and kept its image. */
  let keepsImages = false

  return async function removeTag(decision: Decision, tag: string): Promise<TagResult> {
    try {
      return await tryAgain(() => remove(decision, tag))
    } catch (error) {
      return outcomeOfError(error, client, decision.repository)
    }
  }

  async function remove(decision: Decision, tag: string): Promise<TagResult> {
    const { repository, digest } = decision
    const why = await deps.whyTagStays(digest, tag)
    if (why !== undefined) return { outcome: 'moved', why }
    const found = await client.getManifest(repository, tag).catch((error) => {
      if (isUnreadable(error)) return error
      throw error
    })
    if (found instanceof RegistryError)
      return { outcome: 'moved', why: `the registry cannot read the tag: ${found.answer}` }
    if (found === undefined) return { outcome: 'absent' }
    if (found.descriptor.digest !== digest) return movedTo(found.descriptor.digest)
    // Such a tag could not be put back.
    const mayLoseTags = !keepsImages && !needsPlaceholder && (await deps.untoldTags()).has(digest)
    if (!(await deps.mayDelete())) return { outcome: 'planned' }
    await deps.trash.put(deps.run, deps.policy, { ...decision, tags: [tag], tag }, found)
    try {
      const result = await deleteInTrash(decision, tag, found, mayLoseTags)
      if (result.outcome === 'refused') await takeBackIfThere(decision, tag)
      return result
    } catch (error) {
      // Only of what is refused for good: a request without an answer may still be carried out.
      if (isFinal(error)) await takeBackIfThere(decision, tag)
      throw error
    }
  }

  /** Of a tag that the registry has kept: the trash must not tell that it was deleted. */
  async function takeBackIfThere({ repository, digest }: Decision, tag: string): Promise<void> {
    const { registry } = deps.policy
    const at = await client.headManifest(repository, tag).catch(() => undefined)
    if (at?.digest === digest) await deps.trash.takeBack({ registry, repository, digest, tag })
  }

  async function deleteInTrash(
    decision: Decision,
    tag: string,
    found: FetchedManifest,
    mayLoseTags: boolean,
  ): Promise<TagResult> {
    const { project, repository, digest } = decision
    if (!needsPlaceholder && !mayLoseTags) {
      const result = await deleteTag(decision, tag, found)
      if (result !== undefined) return result
      needsPlaceholder = true
    }
    const { mediaType } = found.descriptor
    const manifest = found.bytes.toString('base64')
    const replaced = { project, repository, tag, digest, mediaType, manifest }
    return deps.placeholders.deleteTag(replaced, () => lastLook(decision, tag))
  }

  /** What keeps the tag; `undefined` if nothing does. It is asked once all that takes long is done: to write to the store may. */
  function lastLook({ repository, digest }: Decision, tag: string): Promise<TagResult | undefined> {
    return lookLast(
      async () => {
        const why = await deps.whyTagStays(digest, tag)
        if (why !== undefined) return { outcome: 'moved' as const, why }
        const at = await client.headManifest(repository, tag)
        return at?.digest === digest ? undefined : movedTo(at?.digest)
      },
      deps.mayDelete,
      () => takeBack(client, deps.trash, { registry: deps.policy.registry, repository, digest, tag }),
    )
  }

  /** Asks the registry to delete the tag. `undefined`: it deletes digests only. */
  async function deleteTag(
    decision: Decision,
    tag: string,
    found: FetchedManifest,
  ): Promise<TagResult | undefined> {
    const { repository } = decision
    if (keepsImages)
      return (
        (await lastLook(decision, tag)) ?? resultOf(await client.deleteTag(repository, tag), decision, tag)
      )
    const image = await imageWithout(decision, tag, found)
    await putBacks.note(image)
    const kept = await lastLook(decision, tag)
    if (kept !== undefined) {
      await putBacks.forget(image)
      return kept
    }
    const answer = await client.deleteTag(repository, tag).catch((error) => {
      if (error instanceof RegistryError) return error
      throw error
    })
    // Also what answers an error, or 404 to a request that was repeated, may have deleted the image.
    if (!(await putBacks.isThere(image))) return putBack(decision, found, image)
    await putBacks.forget(image)
    if (answer instanceof RegistryError) throw answer
    const result = await resultOf(answer, decision, tag)
    keepsImages = result?.outcome === 'untagged'
    return result
  }

  async function resultOf(
    answer: 'deleted' | 'absent' | 'unsupported',
    { repository, digest }: Decision,
    tag: string,
  ): Promise<TagResult | undefined> {
    if (answer === 'unsupported') return undefined
    if (answer === 'deleted') return { outcome: 'untagged' }
    // A registry that knows digests only in this path may answer 404, too.
    const at = await client.headManifest(repository, tag)
    return at?.digest === digest ? undefined : { outcome: 'absent' }
  }

  /** The image with its other tags, as they are at the registry. */
  async function imageWithout(decision: Decision, tag: string, found: FetchedManifest): Promise<PutBack> {
    const { repository, digest } = decision
    const tags: string[] = []
    for (const other of decision.tags)
      if (other !== tag && (await client.headManifest(repository, other))?.digest === digest) tags.push(other)
    const { mediaType } = found.descriptor
    return { repository, digest, tags, mediaType, manifest: found.bytes.toString('base64') }
  }

  /** This registry deletes an image with any of its tags. */
  async function putBack(decision: Decision, found: FetchedManifest, image: PutBack): Promise<TagResult> {
    needsPlaceholder = true
    await deps.trash.put(deps.run, deps.policy, { ...decision, tags: image.tags }, found)
    try {
      await putBacks.putBack(image)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const why = `the registry deleted the image with the tag, and the image is to be put back by the next run: ${error.message}`
      return { outcome: 'failed', why }
    }
    const why = 'the registry deleted the image with the tag; the image and its other tags were put back'
    return { outcome: 'untagged', why }
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof DeletesDisabled || (error instanceof RegistryError && !mayPass(error))
