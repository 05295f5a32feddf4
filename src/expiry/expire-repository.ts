import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { Reclaim } from '../usage/read-reclaim.ts'
import type { Decision, Deleted } from './decision.ts'
import { makePatience } from './delete-pace.ts'
import type { Families } from './families.ts'
import type { ExpiryPolicy } from './plan.ts'
import { DeletesDisabled } from './registry-refusal.ts'
import { makeRemoveImage, type Result } from './remove-image.ts'
import { makeRemoveTag } from './remove-tag.ts'
import type { Placeholders } from './remove-tag-placeholder.ts'
import type { RepositoryView } from './repository-view.ts'
import type { Trash } from './trash.ts'
import { makeUntoldTags } from './untold-tags.ts'

/** How many images may fail one after the other before a repository is left to the next run: it is not well. */
const MOST_FAILURES = 5

/** What a registry that is read-only, or the proxy that holds writes back from it, makes of a delete. */
const NOT_DONE: readonly Result['outcome'][] = ['refused', 'failed']

/** Too many images of one repository failed. Other repositories may be well. */
export class TooManyFailures extends Error {
  override readonly name = 'TooManyFailures'
}

/**
 * Carries out what a policy says about one repository, several images at a time, each after its parents. Gives how many
 * images are kept, and tells `onResult` of each of the others, with the bytes that this frees, and of each tag of a kept
 * image that goes. @throws if no more images can be deleted, once those that are in hand are done
 */
export async function expireRepository(deps: {
  client: RegistryClient
  policy: ExpiryPolicy
  /** The id of the run. */
  run: string
  repository: string
  view: RepositoryView
  /** Has what the run has deleted in the project as gone. */
  reclaim: Reclaim
  trash: Trash
  placeholders: Pick<Placeholders, 'deleteTag' | 'putBacks'>
  families: Families
  /** Whether images may be deleted. It is asked before each one. @throws if the run must end */
  mayDelete: () => Promise<boolean>
  /** Whether the registry is read-only now for a collection of garbage: what it did not do then is tried again. */
  isHeld: () => Promise<boolean>
  /** Images that are deleted at a time. */
  atOnce: number
  onResult: (deleted: Deleted, bytes: number) => Promise<void>
  /** Waits until the next delete may begin. */
  nextDelete: () => Promise<void>
  sleep: (ms: number) => Promise<unknown>
}): Promise<{ kept: number }> {
  const { client, policy, repository, view, families } = deps
  const { decisions, relations, images } = await view.plan()
  const doomed = decisions.filter(({ verdict, digest }) => verdict !== 'keep' && !view.isGone(digest))
  // Before the first delete: what the index has forgotten would count nothing.
  await deps.reclaim.load(doomed)
  // Of an image that is gone, nothing is believed any more: it may have been pushed again.
  const untoldTags = makeUntoldTags(client, { registry: policy.registry, repository }, async () =>
    [...(await view.plan()).images.values()].filter(({ digest }) => !view.isGone(digest)),
  )
  const removeImage = makeRemoveImage({ ...deps, untoldTags })
  const removeTag = makeRemoveTag({ ...deps, untoldTags, whyTagStays: view.whyTagStays })
  const withPatience = makePatience({ sleep: deps.sleep, requireGoOn: deps.mayDelete })
  const results = new Map<string, Promise<void>>()
  let failures = 0
  let failure: unknown

  function countFailure({ outcome, why }: Pick<Deleted, 'outcome' | 'why'>): void {
    failures = outcome === 'failed' ? failures + 1 : 0
    if (failures === MOST_FAILURES)
      throw new TooManyFailures(`${MOST_FAILURES} images failed one after the other; the last: ${why}`)
  }

  async function ifAllowed(remove: () => Promise<Result>): Promise<Result> {
    for (;;) {
      // It waits while the registry is held.
      if (!(await deps.mayDelete())) return { outcome: 'planned' }
      await deps.nextDelete()
      try {
        const result = await withPatience(remove)
        if (!NOT_DONE.includes(result.outcome) || !(await deps.isHeld())) return result
      } catch (error) {
        if (!(error instanceof DeletesDisabled) || !(await deps.isHeld())) throw error
      }
    }
  }

  /** Deletes the tags of an image that stays for others. Each has a result. */
  async function untag(decision: Decision): Promise<void> {
    for (const tag of decision.untag ?? []) {
      if (failure !== undefined) return
      const result = await ifAllowed(() => removeTag(decision, tag))
      await deps.onResult({ ...decision, untag: [tag], ...result }, 0)
      countFailure(result)
    }
  }

  async function expireOne(decision: Decision): Promise<void> {
    const image = images.get(decision.digest)
    // Parents come first in the order, so they are at least begun.
    for (const parent of image ? relations.parentsOf(image) : []) await results.get(parent.digest)
    if (failure !== undefined) return
    const result = await ifAllowed(() => removeImage(decision))
    if (image !== undefined && isGone(result)) view.noteGone(image)
    const goes = isGone(result) || result.outcome === 'planned'
    await deps.onResult({ ...decision, ...result }, goes ? deps.reclaim.take([decision]).registryBytes : 0)
    countFailure(result)
  }
  const begin = (decision: Decision) => {
    const result = (decision.verdict === 'untag' ? untag : expireOne)(decision).catch((error) => {
      failure ??= error
    })
    results.set(decision.digest, result)
    return result
  }

  await pMap(doomed, begin, { concurrency: deps.atOnce })
  if (failure !== undefined) throw failure
  for (const image of await view.forgettable()) await families.forget(policy.registry, image)
  return { kept: decisions.filter(({ verdict }) => verdict !== 'delete').length }
}

export const isGone = ({ outcome }: Pick<Deleted, 'outcome'>): boolean =>
  outcome === 'deleted' || outcome === 'absent'
