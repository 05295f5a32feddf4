import type { PromotionJob } from '../queue/jobs.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/**
 * Whether a tag names a digest since a push that is younger than the one of a job. A push from the future, by our clock, is
 * younger than none. `now` is epoch µs.
 */
export const makeIsYounger =
  ({ index, now }: { index: Pick<UsageIndex, 'tag'>; now: () => number }) =>
  async ({ project, repository, tag, pushedAt }: PromotionJob, digest: string): Promise<boolean> => {
    const found = tag === undefined ? undefined : await index.tag(project, repository, tag)
    return (
      found !== undefined && found.digestKey === digestKey(digest) && found.at > pushedAt && found.at <= now()
    )
  }
