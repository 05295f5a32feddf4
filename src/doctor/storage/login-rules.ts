import { formatSize } from '../../platform/units.ts'
import type { Permission } from '../../storage/settings/storage-settings.ts'
import { clockFindings } from '../clock-findings.ts'
import type { Judged, StorageFacts, StorageRule } from './facts.ts'

const NEEDED: Record<Permission, { level: 'error' | 'note'; for: string }> = {
  list: { level: 'error', for: 'a reconcile and a survey list it' },
  read: { level: 'error', for: 'a reconcile and a survey read manifests and links' },
  write: { level: 'note', for: 'to read is enough, but for a collection by Tallyman: it copies to a trash' },
  delete: { level: 'note', for: 'to read is enough, but for a collection by Tallyman: it deletes' },
}

const UNTRIED = 'look at the policy of the login; for a login that only reads there is nothing to do'

const CLOCKS =
  'the age of an upload, of a blob and of garbage comes from these clocks. What is younger than it looks may be deleted too early'

/** Below this share of its bytes or files, a disk is nearly full. */
const FEW = 0.05
const NONE = 0.01

/** What the login may do, room, and clocks. */
export const LOGIN_RULES: readonly StorageRule[] = [
  {
    rule: 'permissions',
    judge: ({ settings: { may }, place, registry }) =>
      Object.entries(may).flatMap(([right, told]): Judged[] => {
        const { level, for: why } = NEEDED[right as Permission]
        const fix = `let the login in registries.${registry}.storage ${right} there`
        if ('unknown' in told) {
          // What was not tried is no fault. Listing and reading are always tried.
          const isFault = level === 'error'
          return [
            {
              ...{ level: isFault ? 'error' : 'note', sure: isFault ? 'certain' : 'not known' },
              what: isFault
                ? `${place} cannot be ${right === 'list' ? 'listed' : 'read'}: ${told.unknown}`
                : `whether it may ${right} is not known: ${told.unknown}`,
              ...{ why, fix: isFault ? `correct registries.${registry}.storage, or ${fix}` : UNTRIED },
            },
          ]
        }
        if (told.value) return []
        return [{ level, sure: 'certain', what: `our login may not ${right} in ${place}`, why, fix }]
      }),
  },
  {
    rule: 'nearly-full',
    judge({ settings: { space }, place }) {
      if (space === undefined || !('value' in space) || space.value === undefined) return []
      const { freeBytes, bytes, freeFiles, files } = space.value
      const few = (free: number, all: number, text: string): Judged[] =>
        free >= all * FEW
          ? []
          : [
              {
                ...{ level: free < all * NONE ? 'error' : 'warning', sure: 'certain' },
                what: `${place}: ${text}`,
                why: 'when nothing is free, pushes fail, and so does what a collection copies to its trash',
                fix: 'make room: tallyman storage report says what a collection would free',
              },
            ]
      return [
        ...few(freeBytes, bytes, `${formatSize(freeBytes)} of ${formatSize(bytes)} are free`),
        ...(files !== undefined && freeFiles !== undefined
          ? few(freeFiles, files, `${freeFiles} of ${files} files (inodes) are free`)
          : []),
      ]
    },
  },
  { rule: 'clocks', judge: (facts) => [...storeClock(facts), ...registryClock(facts), ...future(facts)] },
]

function storeClock({ settings: { clock } }: StorageFacts): Judged[] {
  if (clock === undefined || !('value' in clock)) return []
  const { theirs, ours } = clock.value
  return certain(clockFindings('the store', theirs, ours, CLOCKS))
}

const registryClock = ({ began }: StorageFacts): Judged[] =>
  began === undefined
    ? []
    : certain(clockFindings('the store', began.store, began.registry, CLOCKS)).map((found) => ({
        ...found,
        what: `${found.what.replace(/ours$/, 'that of the registry')}, by the beginning of an upload`,
      }))

/** A file of the future tells that the clock of who wrote it is ahead, or was. */
function future({ type, looks, now }: StorageFacts): Judged[] {
  if (type !== 'folder') return []
  const newest = Math.max(0, ...looks.map(({ modifiedAt }) => modifiedAt.getTime()))
  if (newest <= now) return []
  return certain(clockFindings('what writes the files', newest, now, CLOCKS))
}

const certain = (found: ReturnType<typeof clockFindings>): Judged[] =>
  found.map(({ level, what, why, fix }) => ({
    ...{ level, what, sure: 'certain' },
    ...(why !== undefined && { why }),
    ...(fix !== undefined && { fix }),
  }))
