import { askByRule, BY_PUSH } from '../promotion/ask.ts'
import type { makeMatch } from '../promotion/match.ts'
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
      for (const { rule, to } of match({ registry, repository, tag }))
        if (rule.when === 'push')
          await askByRule(queues, {
            ...{ kind: 'copy', rule: rule.name, registry, project, repository, tag, digest, pushedAt, to },
            by: BY_PUSH,
          })
    }
  }
}
