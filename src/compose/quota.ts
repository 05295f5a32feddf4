import { quotaWorker } from '../../workers/quota.ts'
import { makeAskToEvict } from '../expiry/ask-to-evict.ts'
import { makeActionFacts } from '../history/action-facts.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { makeAfterLook } from '../quota/after-look.ts'
import { makeEnforce } from '../quota/enforce.ts'
import { recheckChanged } from '../quota/recheck-changed.ts'
import { projectIdsOf } from '../usage/project-sizes.ts'
import { measuring } from './measuring.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Has the flags looked at whose quotas changed in the configuration. */
export async function prepareQuota(parts: WorkerParts): Promise<void> {
  const { members, measureAndNote } = measuring(parts, parts)
  await recheckChanged({
    ...{ ...parts, members, quotas: parts.settings().quotas },
    idsOf: (registry) => projectIdsOf(parts, registry),
    noteMember: (project) => measureAndNote(projectSubject(project), undefined),
  })
}

/** Starts the worker that keeps flags. */
export const startQuota = (parts: WorkerParts) => {
  const { queues, inForce, overrides } = parts
  const askToEvict = makeAskToEvict({ queues, policies: () => parts.settings().expiry.policies })
  const enforce = makeEnforce({
    ...{ ...parts, measure: measuring(parts, parts).measureAndNote },
    actionFacts: makeActionFacts(parts),
    announce: (alert) => queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id }),
    async onOver(project, isEscalation) {
      const waits = (await inForce.of(projectSubject(project)))?.quota.escalate?.evict === true
      if (waits === isEscalation) await askToEvict(project)
    },
    afterwards: makeAfterLook({
      ...{ queues, inForce, overrides, quotas: () => parts.settings().quotas, now: Date.now },
    }),
  })
  return quotaWorker(parts.context, enforce)
}
