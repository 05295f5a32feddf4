import type { UsageIndex } from '../usage/usage-index.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import { relationsOf } from './relations.ts'
import type { Noted } from './remove-tag-placeholder.ts'
import { usedAt } from './repository-view.ts'

/**
 * Makes a function that tells whether a plan of now deletes a tag that an earlier run has put on a placeholder. If the index
 * has the tag elsewhere by now, its age is not known, and the answer is no. So it is if the image, or a part of it, was used since.
 */
export const makeStillUntags =
  (deps: {
    index: Pick<UsageIndex, 'images'>
    planner: Pick<Planner, 'repositoriesIn' | 'decide'>
    policy: ExpiryPolicy
    isPlaceholder: (digest: string) => boolean
  }) =>
  async ({ project, repository, digest, tag, at }: Noted): Promise<boolean> => {
    const { index, planner, policy } = deps
    if (!(await planner.repositoriesIn(policy, project)).includes(repository)) return false
    const found = await index.images(project, repository)
    const images = found.filter((image) => !deps.isPlaceholder(image.digest))
    const image = images.find((one) => one.digest === digest)
    if (image === undefined) return false
    if (
      relationsOf(images)
        .withDescendants(image)
        .some((part) => usedAt(part) > at)
    )
      return false
    const decisions = await planner.decide(policy, project, images)
    const decision = decisions.find((one) => one.digest === digest)
    return decision?.verdict === 'untag' && decision.untag?.includes(tag) === true
  }
