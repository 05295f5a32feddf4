import { makeCurve } from '../../expiry/curve.ts'
import { expandPolicies } from '../../expiry/expand-policies.ts'
import { makeFamilies } from '../../expiry/families.ts'
import { makeHasRepository } from '../../expiry/has-repository.ts'
import { makeImageExists } from '../../expiry/image-exists.ts'
import { makeRestoreImage } from '../../expiry/restore-image.ts'
import { makeTrash } from '../../expiry/trash.ts'
import { makeTrashReader } from '../../expiry/trash-reader.ts'
import { expiryCurveRoute } from '../../http/expiry-curve-route.ts'
import { expiryDiffRoute } from '../../http/expiry-diff-route.ts'
import { expiryPoliciesRoute } from '../../http/expiry-policies-route.ts'
import { expiryRoute } from '../../http/expiry-route.ts'
import { expiryRunsRoute } from '../../http/expiry-runs-route.ts'
import { keepsRoute } from '../../http/keeps-route.ts'
import { replaysRoute } from '../../http/replays-route.ts'
import { trashRoute } from '../../http/trash-route.ts'
import { readJournalState } from '../../replay/journal-state.ts'
import { makeReplayRecords } from '../../replay/replay-records.ts'
import type { OnRedis, Parts } from '../parts.ts'
import type { Shared } from './shared.ts'

/** What is deleted, what is kept, and what can be put back. */
export function expiryRoutes(parts: Parts, onRedis: OnRedis, shared: Shared) {
  const { store, journals, clientOf, log } = parts
  const { index, details, planner } = onRedis
  const nowMicros = () => Date.now() * 1000
  const trash = makeTrash({ store, now: nowMicros })
  const reader = makeTrashReader({
    store,
    onUnreadable: (key, error) => log.warn({ key, err: error }, 'unreadable entry of the trash'),
  })
  const common = {
    ...{ ...onRedis, ...shared, now: nowMicros, runs: journals.runs, audit: journals.audit.audit },
    settings: () => parts.settings().expiry,
    hasProject: async (id: string) => (await index.usage(id)) !== undefined,
    /** As the configuration has them now: policies may name one that is read from a file again. */
    registries: () => Object.keys(parts.settings().config.registries),
  }
  return [
    expiryRoute({ ...common, hasRepository: makeHasRepository({ ...parts, index }) }),
    expiryPoliciesRoute({
      ...{ ...common, projects: index.projects, policies: () => parts.settings().config.expiry.policies },
    }),
    expiryCurveRoute({ ...common, curve: makeCurve({ index, planner, details }) }),
    expiryDiffRoute(common),
    expiryRunsRoute(common),
    replaysRoute({
      ...{ ...common, now: Date.now, records: makeReplayRecords({ store, now: Date.now }) },
      policies: () => {
        const { expiry, registries } = parts.settings().config
        return expandPolicies(expiry.policies, Object.keys(registries))
      },
      isEnabled: parts.config.journal.enabled,
      journal: () => readJournalState({ redis: onRedis.redis, prefix: parts.prefix, now: Date.now }),
    }),
    keepsRoute({
      ...{ ...common, registries: shared.registryNames, exists: makeImageExists({ ...parts, index }) },
    }),
    trashRoute({
      ...{ ...common, registries: shared.registryNames, reader, trash, undo: common.settings },
      restoreImage: makeRestoreImage({ reader, clientOf, families: makeFamilies(store), trash, log }),
    }),
  ]
}
