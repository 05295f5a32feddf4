import { formatSize } from '../../platform/units.ts'
import { type Judged, type StorageFacts, type StorageRule, toldValue, touches } from './facts.ts'
import { afterDays } from './lifecycle-rules.ts'

/** Google keeps what was deleted for so many days unless told otherwise. */
const USUAL_DAYS = 7

/** What the store keeps though it was deleted, and what it does not let anybody delete. */
export const KEPT_RULES: readonly StorageRule[] = [
  {
    rule: 'versioning',
    judge(facts) {
      const versioning = toldValue(facts.settings.versioning)
      if (versioning === undefined || versioning === 'off') return []
      return versioning === 'on' ? [versioned(facts)] : suspended(facts)
    },
  },
  {
    rule: 'object-lock',
    judge: ({ settings }) =>
      (toldValue(settings.retention) ?? []).flatMap(({ how, days, stops }): Judged[] => {
        if (stops === 'deletes') return []
        if (stops === 'single')
          return [
            {
              ...{ level: 'note', sure: 'certain', what: `the bucket has ${how}` },
              why: 'an object that somebody holds cannot be collected until it is released',
              fix: 'nothing to do, unless a collection says that deletes were refused',
            },
          ]
        return [
          {
            ...{ level: 'warning', sure: 'certain', what: `the bucket has ${how}` },
            why: `a delete works and frees nothing: the old version stays for ${days} days, and what was pushed by mistake does, too`,
            fix: 'take the default retention away from a bucket of images of CI; count on this time in every number about space',
          },
        ]
      }),
  },
  {
    rule: 'retention',
    judge: ({ settings }) =>
      (toldValue(settings.retention) ?? [])
        .filter(({ stops }) => stops === 'deletes')
        .map(({ how }) => ({
          ...{ level: 'error', sure: 'certain', what: `the store has ${how}` },
          why: 'it refuses to delete and to overwrite. A registry overwrites the link of a tag at each push of it, and moves each upload: pushes fail, and no collection frees anything',
          fix: 'take it away from this bucket, or give the registry a bucket without it',
        })),
  },
  {
    rule: 'objects-held',
    judge({ looks, settings }) {
      const found = looks.filter(({ held }) => held !== undefined)
      if (found.length === 0) return []
      const isSaid = (toldValue(settings.retention) ?? []).some(({ stops }) => stops !== 'single')
      if (isSaid) return []
      return [
        {
          ...{ level: 'warning', sure: 'certain' },
          what: `the store holds objects of the registry: ${found.length} of ${looks.length} that were looked at, the first ${found[0]?.key}: ${found[0]?.held}`,
          why: 'they cannot be deleted, or not so that their space comes back',
          fix: 'release them, and find out what holds new objects',
        },
      ]
    },
  },
  {
    rule: 'soft-delete',
    judge({ settings }) {
      const days = toldValue(settings.softDelete) ?? 0
      if (days === 0) return []
      return [
        {
          ...{ level: days > USUAL_DAYS ? 'warning' : 'note', sure: 'certain' },
          what: `the store keeps what was deleted ${afterDays({ days }).replace('after', 'for')} (soft delete)`,
          why: 'space comes back, and stops to cost, that much later than a collection says',
          fix: `set it to ${USUAL_DAYS} days or less, or count on it; it is also what undoes a wrong delete`,
        },
      ]
    },
  },
  {
    rule: 'snapshots',
    judge: ({ settings: { snapshots } }) =>
      snapshots === undefined
        ? []
        : [
            {
              ...{ level: 'note', sure: 'not known' },
              what: `the folder is on ${snapshots}; whether snapshots are taken of it is not known`,
              why: 'what was deleted stays on the disk as long as a snapshot has it',
              fix: `look at the snapshots of this file system (${snapshots === 'ZFS' ? 'zfs list -t snapshot' : 'btrfs subvolume list -s'})`,
            },
          ],
  },
]

function versioned(facts: StorageFacts): Judged {
  const rules = (toldValue(facts.settings.lifecycle) ?? []).filter(
    ({ does, prefixes, onlyWith }) =>
      does === 'delete-versions' && onlyWith === undefined && touches(facts, prefixes),
  )
  const cleaning = rules.find(({ keepsNewest }) => !keepsNewest)
  const what = `the store keeps old versions${heldNow(facts)}`
  if (cleaning !== undefined)
    return {
      ...{ level: 'note', sure: 'certain' },
      what: `${what}; the lifecycle rule ${cleaning.name} deletes them ${afterDays(cleaning)}`,
      why: 'space comes back that much later than a collection says',
      fix: 'nothing to do; a shorter time gives space back earlier, a longer one undoes a wrong delete for longer',
    }
  const [keeping] = rules
  return {
    ...{ level: 'warning', sure: toldValue(facts.settings.lifecycle) === undefined ? 'likely' : 'certain' },
    what:
      keeping === undefined
        ? `${what}, and no lifecycle rule deletes them`
        : `${what}, and the lifecycle rule ${keeping.name} leaves ${keeping.keepsNewest} of each`,
    why:
      keeping === undefined
        ? 'nothing that is deleted frees a byte'
        : 'a blob is written once, so its last version is all there is of it: nothing that is deleted frees a byte',
    fix: 'add a rule to the bucket that deletes all old versions some days after they became old (NoncurrentVersionExpiration, without a number to keep), or turn versions off',
  }
}

function suspended(facts: StorageFacts): Judged[] {
  const held = heldNow(facts)
  return [
    {
      ...{ level: held === '' ? 'note' : 'warning', sure: 'certain' },
      what: `versions of the bucket are suspended: those from before stay${held}`,
      why: 'they cost space, and are in no listing of objects',
      fix: 'delete them with a lifecycle rule for old versions; tallyman storage report says how much they hold',
    },
  ]
}

const heldNow = ({ surveyed }: StorageFacts): string =>
  surveyed !== undefined && surveyed.versions.bytes > 0
    ? `: ${formatSize(surveyed.versions.bytes)} at the survey of ${surveyed.at}`
    : ''
