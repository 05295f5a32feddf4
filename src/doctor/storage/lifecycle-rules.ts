import { formatSize } from '../../platform/units.ts'
import type { LifecycleRule } from '../../storage/settings/storage-settings.ts'
import { type Judged, type StorageFacts, type StorageRule, toldValue, touches } from './facts.ts'

/** Days after which registries delete an upload that was not completed (distribution, uploadpurging.age: 168h). */
const PURGE_DAYS = 7

/** Classes from which an object cannot be read until it is restored. */
export const UNREADABLE = /^(GLACIER|DEEP_ARCHIVE|Archive|ColdArchive|DeepColdArchive)$/

/** The rules of a bucket that are about the registry, and do this. */
const rulesThat = (facts: StorageFacts, does: LifecycleRule['does']): LifecycleRule[] =>
  (toldValue(facts.settings.lifecycle) ?? []).filter(
    (rule) => rule.does === does && touches(facts, rule.prefixes),
  )

/** What the store itself deletes, moves and aborts. */
export const LIFECYCLE_RULES: readonly StorageRule[] = [
  {
    rule: 'lifecycle-deletes',
    judge: (facts) =>
      rulesThat(facts, 'delete').map((rule): Judged => {
        const what = `the lifecycle rule ${rule.name} deletes objects ${afterDays(rule)}${whose(rule)}`
        const why =
          'it goes by the age of an object. A layer that is used daily is as old as its first push: images lose layers and tags, and nobody is told'
        const fix = `remove the rule, or limit it to a prefix outside of ${facts.root}docker/registry/v2/. Old images are expired by policies (docs/expiry.md)`
        return rule.onlyWith === undefined
          ? { level: 'error', sure: 'certain', what, why, fix }
          : { level: 'warning', sure: 'likely', what, why, fix }
      }),
  },
  {
    rule: 'objects-expire',
    judge({ looks, settings }) {
      // Of the rules, all is said above; and Ceph tells an expiry by rules for old versions, too.
      if (toldValue(settings.lifecycle) !== undefined) return []
      const found = looks.filter(({ expires }) => expires !== undefined)
      if (found.length === 0) return []
      return [
        {
          ...{ level: 'error', sure: settings.lifecycle === undefined ? 'certain' : 'likely' },
          what: `the store will delete objects of the registry: ${found.length} of ${looks.length} that were looked at, the first ${found[0]?.key}: ${found[0]?.expires}`,
          why: 'images lose layers and tags when that time has come, and nobody is told',
          fix: 'remove the rule that does this, or the X-Delete-At of the objects (a POST of each with X-Remove-Delete-At), and what sets it at uploads',
        },
      ]
    },
  },
  {
    rule: 'lifecycle-archives',
    judge: (facts) =>
      rulesThat(facts, 'move').flatMap((rule): Judged[] => {
        const { storageClass = '(not told)' } = rule
        if (/INTELLIGENT|AUTOCLASS/i.test(storageClass)) return []
        const what = `the lifecycle rule ${rule.name} moves objects to ${storageClass} ${afterDays(rule)}${whose(rule)}`
        if (UNREADABLE.test(storageClass))
          return [
            {
              ...{ level: 'error', sure: rule.onlyWith === undefined ? 'certain' : 'likely', what },
              why: 'what is there must be restored before it can be read, which takes hours: images cannot be pulled',
              fix: 'remove the rule, or move to a class that can be read at once',
            },
          ]
        return [
          {
            ...{ level: 'note', sure: 'certain', what },
            why: 'reading from it costs, and so does deleting before its shortest time (30 days and more)',
            fix: 'leave it to images that stay; for images of CI the standard class mostly costs less',
          },
        ]
      }),
  },
  {
    rule: 'objects-archived',
    judge({ looks }) {
      const found = looks.filter(({ archived }) => archived !== undefined)
      if (found.length === 0) return []
      return [
        {
          ...{ level: 'error', sure: 'certain' },
          what: `objects of the registry cannot be read at once: ${found.length} of ${looks.length} that were looked at are in ${found[0]?.archived}, the first ${found[0]?.key}`,
          why: 'images cannot be pulled, and a reconcile over this storage cannot read their manifests',
          fix: 'restore them to the standard class, and remove the rule that moves them',
        },
      ]
    },
  },
  {
    rule: 'multipart-uploads',
    judge: (facts) => [...abortedEarly(facts), ...neverAborted(facts)],
  },
]

const abortedEarly = (facts: StorageFacts): Judged[] =>
  rulesThat(facts, 'abort-uploads')
    .filter(({ days }) => days !== undefined && days < PURGE_DAYS)
    .map((rule) => ({
      ...{ level: 'note', sure: 'certain' },
      what: `the lifecycle rule ${rule.name} aborts multipart uploads ${afterDays(rule)}`,
      why: `a push that takes longer breaks. Registries themselves keep an upload for ${PURGE_DAYS} days`,
      fix: `${PURGE_DAYS} days and more break no push`,
    }))

/** Only the driver for S3 and its like leaves multipart uploads behind. */
function neverAborted(facts: StorageFacts): Judged[] {
  if (facts.type !== 's3' && facts.type !== 'oss') return []
  if (toldValue(facts.settings.lifecycle) === undefined || rulesThat(facts, 'abort-uploads').length > 0)
    return []
  const { multipart = { objects: 0, bytes: 0 }, at } = facts.surveyed ?? {}
  const isSeen = multipart.objects > 0
  const seen = isSeen
    ? `. At the survey of ${at} there were ${multipart.objects}, with ${formatSize(multipart.bytes)}`
    : ''
  return [
    {
      ...{ level: isSeen ? 'warning' : 'note', sure: 'certain' },
      what: `no lifecycle rule aborts multipart uploads that nobody completes${seen}`,
      why: 'the driver leaves some behind at each broken push. They cost space, are in no listing, and no collector frees them',
      fix: 'add a rule AbortIncompleteMultipartUpload with 8 days or more to the bucket',
    },
  ]
}

export const afterDays = ({ days }: { days?: number }): string =>
  days === undefined ? 'at a time of its own' : `after ${days} ${days === 1 ? 'day' : 'days'}`

const whose = ({ prefixes, onlyWith }: LifecycleRule): string => {
  const named = prefixes.filter((prefix) => prefix !== '')
  const begins = named.length > 0 ? `, whose names begin with ${named.join(' or ')}` : ''
  return begins + (onlyWith === undefined ? '' : `, only those with ${onlyWith}`)
}
