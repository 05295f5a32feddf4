import { formatSize } from '../platform/units.ts'

/** What is looked at before a collection. What is `undefined` could not be looked at. */
export interface Facts {
  /** Uploads of which something was written a short while ago. */
  uploads: readonly { repository: string; bytes: number }[] | undefined
  /** Manifests that are linked and cannot be read. */
  unreadable: number | undefined
  /** Images that expiry has deleted, and promised to be able to bring back. */
  undoable: { images: number; bytes: number; until: number }
  /** What the storage doctor says against it. */
  storage: readonly string[]
  /** Whether the registry is a pull-through cache. */
  isCache: boolean
}

/** How many repositories are named. */
const FEW = 5

/** What speaks against a collection now; empty if nothing does. */
export function problemsOf({ uploads, unreadable, undoable, storage, isCache }: Facts): string[] {
  const problems: string[] = []
  if (isCache)
    problems.push('it is a pull-through cache: it deletes by itself what was not asked for for long')
  if (uploads === undefined)
    problems.push(
      'whether somebody pushes is not known: set registries.NAME.storage, and Tallyman looks at the uploads that are open',
    )
  else if (uploads.length > 0) {
    const names = [...new Set(uploads.map(({ repository }) => repository))]
    const rest = names.length - FEW
    problems.push(
      `${count(uploads.length, 'upload is', 'uploads are')} in progress, in ${names.slice(0, FEW).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: they would be cut off`,
    )
  }
  if (unreadable !== undefined && unreadable > 0)
    problems.push(
      `${count(unreadable, 'manifest', 'manifests')} cannot be read (tallyman storage report): the collector of distribution stops at the first such`,
    )
  if (undoable.images > 0)
    problems.push(
      `${count(undoable.images, 'image', 'images')} that expiry deleted could not be brought back any more (${formatSize(undoable.bytes)}): that was promised until ${new Date(undoable.until).toISOString()} at the latest`,
    )
  return [...problems, ...storage]
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`
