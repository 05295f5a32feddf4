import type { Judged, StorageFacts, StorageRule } from './facts.ts'

/** Whether the configuration names the right place. */
export const PLACE_RULES: readonly StorageRule[] = [
  {
    rule: 'no-registry-here',
    judge: ({ isThere, elsewhere, place, registry, served }): Judged[] => {
      if (isThere !== false) return []
      const what = `there is no docker/registry/v2 in ${place}`
      const hasNone = 'value' in served && served.value === undefined
      if (hasNone && elsewhere.length === 0)
        return [
          {
            ...{ level: 'note', sure: 'certain', what: `${what} yet: the registry has no image` },
            why: 'whether this is its storage is not known',
            fix: 'push an image, and look again',
          },
        ]
      return [
        {
          ...{ level: 'error', sure: 'certain', what },
          why: 'a reconcile over this storage fails, and a survey of it finds nothing',
          fix:
            elsewhere.length > 0
              ? `set in registries.${registry}.storage: ${elsewhere.join(', or ')}. There is one`
              : `set registries.${registry}.storage to what the registry's own configuration has, with its rootdirectory`,
        },
      ]
    },
  },
  {
    rule: 'other-storage',
    judge({ isThere, served, place, registry }) {
      const found = 'value' in served ? served.value : undefined
      if (!isThere || found === undefined || found.isStored) return []
      return [
        {
          ...{ level: 'error', sure: 'likely' },
          what: `the registry serves ${found.image}, and its manifest ${found.digest} is not in ${place}`,
          why: 'this is the storage of another registry, or a copy of it, or content is lost and a cache still has it. By what is not the storage of this registry, nothing may be collected',
          fix: `compare registries.${registry}.storage with the registry's own configuration; if they agree, the image is broken`,
        },
      ]
    },
  },
  {
    rule: 'late-listings',
    judge: (facts) => [...lateNow(facts), ...lateAlways(facts)],
  },
]

function lateNow({ served }: StorageFacts): Judged[] {
  const found = 'value' in served ? served.value : undefined
  if (found === undefined || !found.isStored || found.isListed) return []
  return [
    {
      ...{ level: 'warning', sure: 'certain' },
      what: `a manifest that can be read is in no listing: that of ${found.image}`,
      why: 'a survey and a reconcile go by listings: they may take a blob for garbage whose link is not listed yet',
      fix: 'look whether the servers of the store are all up; wait until its listings have caught up before anything is collected',
    },
  ]
}

const lateAlways = ({ type }: StorageFacts): Judged[] =>
  type === 'swift'
    ? [
        {
          ...{ level: 'note', sure: 'certain' },
          what: 'listings of Swift are late: seconds, or hours if servers were away',
          why: 'a survey may miss what was just pushed, and show what is gone',
          fix: 'nothing to do: what deletes looks again. After an outage of the cluster, wait some hours with a collection',
        },
      ]
    : []
