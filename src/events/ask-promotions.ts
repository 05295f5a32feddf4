import type { makeMatch } from '../promotion/match.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Fact } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'

/**
 * Adds a promotion job for each pushed tag and each rule that matches it. The job names the event's digest: the registry
 * may not have written the tag yet (docs/registries.md, Events).
 */
export async function askPromotions(
  { queues, match }: { queues: Queues; match: ReturnType<typeof makeMatch> },
  byProject: ReadonlyMap<string, readonly Fact[]>,
): Promise<void> {
  for (const [project, facts] of byProject) {
    const { registry } = splitProjectId(project)
    for (const fact of facts) {
      if (fact.kind !== 'push' || fact.tag === undefined) continue
      const { repository, tag, digest, at: pushedAt } = fact
      for (const { rule } of match({ registry, repository, tag })) {
        const data = { rule, registry, project, repository, tag, digest, pushedAt }
        const id = jobId('promotion', rule, registry, repository, tag, digest, pushedAt)
        await queues.promotion.add('promotion', data, { jobId: id })
      }
    }
  }
}
