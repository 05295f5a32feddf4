import type { Candidate, Survey } from '../space/survey.ts'

/** Why blobs that no manifest names are not collected, and how many. */
export interface Spared {
  /** Written, or linked by a repository, lately: a push may be under way. */
  young: number
  /** An image of the index names them. */
  named: number
  /** The first of two surveys saw them named, or did not see them. */
  changed: number
}

/**
 * Chooses what to collect: what neither of two surveys saw a manifest name, that nobody has written or linked since `before`
 * (epoch ms), and that no image of the index names. Whatever is not known for certain is a reason to keep.
 * @throws Error if a manifest could not be read: it may name anything
 */
export function chooseBlobs(
  first: Survey,
  second: Survey,
  { before, isNamed }: { before: number; isNamed: (digest: string) => boolean },
): { chosen: Candidate[]; spared: Spared } {
  for (const { unreadable } of [first, second]) requireReadable(unreadable)
  const candidates = new Set(first.candidates.map(({ digest }) => digest))
  const spared: Spared = { young: 0, named: 0, changed: 0 }
  const chosen = second.candidates.filter(({ digest, touchedAt }) => {
    if (!candidates.has(digest)) spared.changed++
    else if (touchedAt >= before) spared.young++
    else if (isNamed(digest)) spared.named++
    else return true
    return false
  })
  return { chosen, spared }
}

const NAMED = 3

/** @throws Error if a manifest could not be read */
export function requireReadable(unreadable: readonly string[]): void {
  if (unreadable.length === 0) return
  const some = unreadable.slice(0, NAMED).join(', ')
  throw new Error(
    `manifests that a repository links are missing or cannot be read, so nobody knows what they name: ${unreadable.length}, ${some}${unreadable.length > NAMED ? ', …' : ''}. Delete these images, or push them again`,
  )
}
