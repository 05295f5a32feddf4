import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { askByRule, BY_PUSH } from './ask.ts'
import type { FindMatches } from './match.ts'

/** A job that an older version asked for: always by a push. The rule said the target once it was carried out. */
export type OldPromotionJob = Omit<PromotionJob, 'kind' | 'to' | 'by'> & { rule: string; tag: string }

export const isOldJob = (data: object): data is OldPromotionJob => !('kind' in data)

/** Makes what asks again for what an older version asked for, so that an upgrade loses no push. Gives how many it asked for. */
export const makeRenewJob =
  ({ queues, match }: { queues: Pick<Queues, 'promotion'>; match: FindMatches }) =>
  async (old: OldPromotionJob): Promise<number> => {
    const { rule, registry, project, repository, tag, digest, pushedAt } = old
    const found = match({ registry, repository, tag }).filter((one) => one.rule.name === rule)
    for (const { to } of found)
      await askByRule(queues, {
        ...{ kind: 'copy', rule, registry, project, repository, tag, digest, pushedAt, to, by: BY_PUSH },
      })
    return found.length
  }
