import type { TaggedImage } from './match.ts'
import type { Overwrite } from './rule.ts'
import { isOlder, isSameSource, type TargetRecord } from './targets.ts'

/** What is about to be written at a target tag. */
export interface Write {
  from: Omit<TaggedImage, 'tag'>
  digest: string
  /** When it was pushed at the source, epoch µs. */
  pushedAt: number
  /** When Tallyman was asked to promote it, epoch µs. */
  heardAt: number
}

/**
 * Why a target tag may not be written; `undefined` if it may. `current` is the digest that it names now, `record` what was
 * promoted to it last. A tag that names the same digest may always be written: nothing changes. So may one that is gone, but a
 * tag that a rollback deleted is told by `newer` from one that never was.
 */
export function whyNotOverwrite(
  write: Write,
  overwrite: Overwrite,
  current: string | undefined,
  record: TargetRecord | undefined,
): string | undefined {
  if (current === undefined) {
    const isOld = record?.rolledBack !== undefined && !isOlder(record, write)
    return isOld && overwrite === 'newer' ? 'what was rolled back there was pushed later' : undefined
  }
  if (current === write.digest) return undefined
  const last = record?.digest === current ? record : undefined
  if (last !== undefined && !isSameSource(last.from, write.from))
    // Whoever reads this may not see the other project.
    return 'it was promoted there from another source: its receipt says from which'
  if (overwrite === 'always') return undefined
  if (overwrite === 'never') return `the tag at the target names ${current}, and overwrite is never`
  if (last === undefined)
    return `the tag at the target names ${current}, which Tallyman did not promote, so nothing tells which is newer`
  if (isOlder(last, write)) return undefined
  // After a rollback, the tag names what was there before.
  return `the tag at the target names ${current}, and what was promoted to it last was pushed later`
}
