import { formatSize } from '../../platform/units.ts'
import type { StorageRule } from './facts.ts'

/** A registry looks once a day for uploads of a week (distribution, uploadpurging: age 168h, interval 24h). In ms, with an hour. */
const PURGED_BY_MS = (8 * 24 + 1) * 3_600_000

/** What the registry itself does with its storage. */
export const REGISTRY_RULES: readonly StorageRule[] = [
  {
    rule: 'deletes-off',
    judge({ refusesDeletes, registry }) {
      if ('unknown' in refusesDeletes)
        return [
          {
            ...{ level: 'note', sure: 'not known' },
            what: `whether the registry deletes is not known: ${refusesDeletes.unknown}`,
            why: 'without deletes nothing expires, and there is nothing to collect',
            fix: `let the login of registries.${registry} delete, or look at storage.delete.enabled in the configuration of the registry`,
          },
        ]
      if (refusesDeletes.value !== true) return []
      return [
        {
          ...{ level: 'warning', sure: 'certain' },
          what: 'the registry refuses to delete: it answers 405',
          why: 'nothing expires, so nothing becomes garbage but what broken pushes leave',
          fix: 'set storage.delete.enabled: true in its configuration, or REGISTRY_STORAGE_DELETE_ENABLED=true, and restart it; or it is read-only now (storage.maintenance.readonly)',
        },
      ]
    },
  },
  {
    rule: 'descriptor-cache',
    judge({ cacheRequests }) {
      const why =
        'the cache says that a blob is there after a collection has deleted it: a client does not push that layer again, and the new image is broken'
      const fix =
        'take storage.cache out of the configuration of the registry; or after each collection restart it (inmemory), or empty the database of its Redis (redis)'
      if ('unknown' in cacheRequests)
        return [
          {
            ...{ level: 'note', sure: 'not known' },
            what: `whether the registry has a cache of blob descriptors is not known: ${cacheRequests.unknown}`,
            why,
            fix: `look at storage.cache.blobdescriptor in its configuration; the images of distribution come with inmemory. If there is one: ${fix}`,
          },
        ]
      if (cacheRequests.value === 0) return []
      return [
        {
          ...{ level: 'warning', sure: 'certain', why, fix },
          what: `the registry has a cache of blob descriptors, which it asked ${cacheRequests.value} times`,
        },
      ]
    },
  },
  {
    rule: 'old-uploads',
    judge({ surveyed, registry }) {
      if (surveyed === undefined)
        return [
          {
            ...{ level: 'note', sure: 'not known' },
            what: 'how old its open uploads are, and what old versions hold, is not known: the storage was not surveyed yet',
            fix: `tallyman storage report ${registry} --survey`,
          },
        ]
      const { uploads, bytes, oldestAt } = surveyed.oldUploads
      if (oldestAt === undefined || Date.parse(surveyed.at) - oldestAt < PURGED_BY_MS) return []
      return [
        {
          ...{ level: 'warning', sure: 'likely' },
          what: `open uploads that are older than a week: ${uploads}, with ${formatSize(bytes)}, at the survey of ${surveyed.at}`,
          why: `the registry deletes those of a week once a day, and the oldest began at ${new Date(oldestAt).toISOString()}. So its purge is off, or fails, or is set to longer; no collector frees them`,
          fix: 'look at storage.maintenance.uploadpurging in its configuration (enabled: true, age: 168h, dryrun: false), and for "purge" in its log',
        },
      ]
    },
  },
]
