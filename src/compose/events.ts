import { eventsWorker } from '../../workers/events.ts'
import { resolveWorker } from '../../workers/resolve.ts'
import { vouches } from '../delivery-audit/audit-state.ts'
import { askAudit } from '../delivery-audit/schedule.ts'
import { makeIndexEvents } from '../events/index-events.ts'
import { makeMoveRepositories } from '../events/move-repositories.ts'
import { makeRenameGate } from '../events/rename-gate.ts'
import { makeResolveReferences } from '../events/resolve-references.ts'
import { makeWatchInstances } from '../events/watch-instances.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { recheck } from '../quota/recheck.ts'
import { makeOnQuarantined, makeOnUnknownInstance } from '../reconcile/gaps.ts'
import { coalesceApply } from '../usage/coalesce-apply.ts'
import { journalledIndex, noteEntriesOf } from './journal.ts'
import { makeTakeAlong } from './take-along.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that applies events to the index. */
export function startEvents(parts: WorkerParts) {
  const { config, ledger, instances, audits } = parts
  const audited = new Set(parts.registries.filter(({ metrics }) => metrics).map(({ name }) => name))
  const isAutomatic = config.reconcile.onNewInstance
  const renaming = parts.registries.filter(({ renames }) => renames).map(({ name }) => name)
  return eventsWorker(
    parts.context,
    makeIndexEvents({
      ...parts,
      index: coalesceApply(parts.index),
      noteEntries: noteEntriesOf(parts),
      onQuarantined: makeOnQuarantined(ledger),
      watchInstances: makeWatchInstances({
        instances,
        onUnknownInstance: makeOnUnknownInstance({
          ...parts,
          isAutomatic,
          isAudited: async (registry) =>
            audited.has(registry) && vouches(await audits.state(registry), Date.now() * 1_000),
          askAudit: () => askAudit(parts.queues),
        }),
      }),
      watchPulls: parts.pulls.watch,
      watchReferences: parts.referencesTold.watch,
      refuseRename: makeRenameGate({ ...parts, registries: new Set(renaming) }),
      now: () => Date.now() * 1000,
      normalise: (...given) => parts.settings().normalise(...given),
    }),
  )
}

/** Starts the worker that looks up references which events did not tell, and moves renamed repositories. */
export function startResolve(parts: WorkerParts) {
  const index = journalledIndex(parts)
  return resolveWorker(parts.context, {
    resolveReferences: makeResolveReferences({ ...parts, index }),
    moveRepositories: makeMoveRepositories({
      ...{ ...parts, index },
      takeAlong: makeTakeAlong(parts),
      look: (project) => recheck(parts.queues, [projectSubject(project)]),
    }),
    registries: parts.registries.length,
  })
}
