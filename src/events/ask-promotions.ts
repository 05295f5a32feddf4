import { askByRule, BY_PUSH } from '../promotion/ask.ts'
import type { AskFollow } from '../promotion/ask-follow.ts'
import type { FindMatches } from '../promotion/match.ts'
import { subjectOfTag } from '../promotion/subject-of-tag.ts'
import type { Queues } from '../queue/queues.ts'
import type { Fact } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'

/**
 * Adds a promotion job for each pushed tag and each rule that matches it. The job names the event's digest: the registry
 * may not have written the tag yet (docs/registries.md, Events). A tag that says to what an image belongs follows that one.
 */
export async function askPromotions(
  { queues, match, askFollow }: { queues: Queues; match: FindMatches; askFollow: AskFollow },
  byProject: ReadonlyMap<string, readonly Fact[]>,
): Promise<void> {
  for (const [project, facts] of byProject) {
    const { registry } = splitProjectId(project)
    for (const fact of facts) {
      if (fact.kind !== 'push' || fact.tag === undefined) continue
      const { repository, tag, digest, at: pushedAt } = fact
      const subject = subjectOfTag(tag)
      if (subject !== undefined) await askFollow({ registry, repository }, subject)
      for (const { rule, to } of match({ registry, repository, tag }))
        if (rule.when === 'push')
          await askByRule(queues, {
            ...{ kind: 'copy', rule: rule.name, registry, project, repository, tag, digest, pushedAt, to },
            by: BY_PUSH,
          })
    }
  }
}
