import { makeCollectionRuns } from '../collection/runs.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../platform/log.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** The records of collections. */
export const collectionRunsOf = ({
  store,
  config,
  log,
}: {
  store: ObjectStore
  config: Pick<Config, 'records'>
  log: Pick<Logger, 'warn'>
}) =>
  makeCollectionRuns({
    ...{ store, keepMs: config.records.keep, now: Date.now },
    onUnreadable: (key, err) => log.warn({ key, err }, 'unreadable record'),
    onError: (err) => log.warn({ err }, 'old records could not be deleted'),
  })
