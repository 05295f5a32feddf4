import { type Age, isBetterAge } from '../usage/age.ts'
import type { ReconcileRun } from './ledger.ts'

/**
 * Since when a repository has an image that a run found in it. `told` is what the reader tells; `foundAt` is when a
 * run found it first; `changedAt` is the last change that the index knows of, such as a deletion, 0 for none (epoch µs).
 *
 * A time that is not after the last change is not believed. When an image was built says how old it is only if the
 * first run found it: what a later run finds was pushed since the first one, and its event was lost.
 */
export function foundAge(
  told: Age | undefined,
  { foundAt, changedAt }: { foundAt: number; changedAt: number },
  { readAt, firstReadAt }: Pick<ReconcileRun, 'readAt' | 'firstReadAt'>,
): Age {
  if (told === undefined) return { at: readAt, source: 'seen' }
  if (told.at > changedAt && (told.source !== 'image' || foundAt <= firstReadAt))
    return { ...told, at: Math.min(told.at, readAt) }
  // The config of an undated image is not read again.
  return { at: readAt, source: told.source === 'image' ? 'undated' : 'seen' }
}

/**
 * Since when a tag names the image that a run found it at. A time that is not after the last change of the tag is not
 * believed, by later runs neither: the tag is `undated`.
 */
export function foundTagAge(told: Age | undefined, changedAt: number, { readAt }: { readAt: number }): Age {
  if (told === undefined) return { at: readAt, source: 'seen' }
  return told.at > changedAt ? { ...told, at: Math.min(told.at, readAt) } : { at: readAt, source: 'undated' }
}

/**
 * Whether an age of a tag replaces the one that is known. GitLab sets its time when the tag moves, and not otherwise: a later
 * one says that the tag has named another image meanwhile.
 */
export const replacesTagAge = (age: Age, known: Age): boolean =>
  age.source === 'registry' && known.source === 'registry'
    ? age.at > known.at
    : known.source !== 'undated' && isBetterAge(age, known)
