import { makeCollectionRuns } from '../collection/runs.ts'
import type { Parts } from './parts.ts'

/** The records of collections. */
export const collectionRunsOf = ({ store, config, log }: Pick<Parts, 'store' | 'config' | 'log'>) =>
  makeCollectionRuns({
    ...{ store, keepMs: config.records.keep, now: Date.now },
    onUnreadable: (key, err) => log.warn({ key, err }, 'unreadable record'),
    onError: (err) => log.warn({ err }, 'old records could not be deleted'),
  })
