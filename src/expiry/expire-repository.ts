import pMap from 'p-map'
import { shareFor } from '../platform/share-for.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Decision, Deleted } from './decision.ts'
import { makePatience } from './delete-pace.ts'
import type { Families } from './families.ts'
import type { ExpiryPolicy } from './plan.ts'
import { makeRemoveImage } from './remove-image.ts'
import type { RepositoryView } from './repository-view.ts'
import type { Trash } from './trash.ts'
import { findUntoldTags } from './untold-tags.ts'

/** How many images may fail one after the other before a repository is left to the next run: it is not well. */
const MOST_FAILURES = 5

/** Too many images of one repository failed. Other repositories may be well. */
export class TooManyFailures extends Error {
  override readonly name = 'TooManyFailures'
}

/** How long the list of a registry's tags may be used for deletes, in ms. */
const TAGS_MS = 60_000

/**
 * Carries out what a policy says about one repository, several images at a time, each after its parents. Gives how many
 * images are kept, and tells each of the others to `onResult`. @throws if no more images can be deleted, once those that are
 * in hand are done
 */
export async function expireRepository(deps: {
  client: RegistryClient
  policy: ExpiryPolicy
  /** The id of the run. */
  run: string
  repository: string
  view: RepositoryView
  trash: Trash
  families: Families
  /** Whether images may be deleted. It is asked before each one. @throws if the run must end */
  mayDelete: () => Promise<boolean>
  /** Images that are deleted at a time. */
  atOnce: number
  onResult: (deleted: Deleted, bytes: number) => Promise<void>
  /** Waits until the next delete may begin. */
  nextDelete: () => Promise<void>
  sleep: (ms: number) => Promise<unknown>
}): Promise<{ kept: number }> {
  const { client, policy, repository, view, families } = deps
  const { decisions, relations, images } = await view.plan()
  const doomed = decisions.filter(({ verdict, digest }) => verdict === 'delete' && !view.isGone(digest))
  let untold: ReadonlyMap<string, string> | undefined
  // The first time all tags are looked up, which takes some seconds for 10,000; after that only those that are new.
  const untoldTags = shareFor(TAGS_MS, async () => {
    const known = [...(await view.plan()).images.values()]
    const found = await findUntoldTags(client, repository, known, untold === undefined ? 'all' : 'lacking')
    untold = new Map([...(untold ?? []), ...found])
    return untold
  })
  const removeImage = makeRemoveImage({ ...deps, untoldTags })
  const withPatience = makePatience({ sleep: deps.sleep, requireGoOn: deps.mayDelete })
  const results = new Map<string, Promise<void>>()
  let failures = 0
  let failure: unknown

  async function expireOne(decision: Decision): Promise<void> {
    const image = images.get(decision.digest)
    // Parents come first in the order, so they are at least begun.
    for (const parent of image ? relations.parentsOf(image) : []) await results.get(parent.digest)
    if (failure !== undefined) return
    const result = await removeIfAllowed(decision)
    if (image !== undefined && isGone(result)) view.noteGone(image)
    await deps.onResult({ ...decision, ...result }, image?.totalSize ?? 0)
    failures = result.outcome === 'failed' ? failures + 1 : 0
    if (failures === MOST_FAILURES)
      throw new TooManyFailures(`${MOST_FAILURES} images failed one after the other; the last: ${result.why}`)
  }
  async function removeIfAllowed(decision: Decision) {
    if (!(await deps.mayDelete())) return { outcome: 'planned' as const }
    await deps.nextDelete()
    return withPatience(() => removeImage(decision))
  }
  const begin = (decision: Decision) => {
    const result = expireOne(decision).catch((error) => {
      failure ??= error
    })
    results.set(decision.digest, result)
    return result
  }

  await pMap(doomed, begin, { concurrency: deps.atOnce })
  if (failure !== undefined) throw failure
  for (const image of await view.forgettable()) await families.forget(policy.registry, image)
  return { kept: decisions.filter(({ verdict }) => verdict === 'keep').length }
}

export const isGone = ({ outcome }: Pick<Deleted, 'outcome'>): boolean =>
  outcome === 'deleted' || outcome === 'absent'
