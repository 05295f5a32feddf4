import type { Age } from '../usage/age.ts'
import type { ReconcileRun } from './ledger.ts'

/**
 * Since when a repository has what a run found in it, or a tag names it. `told` is what the reader tells; `foundAt` is when a
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
