import { printable } from '../../../../src/platform/printable.ts'
import { formatDuration, formatSize } from '../../../../src/platform/units.ts'
import type { Answer } from '../../api/request.ts'

export type Glance = Answer<'/v1/storage'>['registries'][number]
export type Report = NonNullable<Glance['report']>
export type Part = keyof Report['parts']
export type Collection = NonNullable<Glance['collecting']>

/** How often what is shown is read again, in ms: while something goes on, and otherwise. */
export const LOOK_MS = { busy: 1_500, idle: 15_000 }

/** What each part is called, and what it is. In the order of the bar. */
export const PARTS: Record<Part, [name: string, text: string]> = {
  referenced: ['Images', 'manifests, and the blobs that they name'],
  unreferenced: ['Unreferenced', 'blobs of a repository that no manifest names: a collection frees them'],
  orphaned: ['Orphaned', 'blobs that no repository links: a collection frees them'],
  uploads: ['Uploads', 'begun and not completed'],
  trash: ['Trash', 'collected behind the barrier; deleted for good once gc.trash has passed'],
  links: ['Links', 'the small files that link repositories and tags to blobs'],
  version: ['Old versions', 'kept by the bucket, also of what was deleted'],
  deleted: ['Deleted softly', 'deleted, and kept by the store for some days'],
  upload: ['Multipart uploads', 'of the bucket, neither completed nor aborted'],
  segment: ['Loose segments', 'of large objects of Swift: no object uses them'],
  marker: ['Delete marks', 'of a versioned bucket'],
  other: ['Other', 'not written by a registry'],
}

/** Those that are always told, also if there is nothing of them. */
const ALWAYS: readonly Part[] = ['referenced', 'unreferenced', 'orphaned', 'uploads']

/** The parts to show, and the names of those of which there is nothing. What a store did not list is shown: it is not known. */
export function partsOf({ parts, unlisted }: Pick<Report, 'parts' | 'unlisted'>): {
  shown: Part[]
  nothing: string[]
} {
  const unknown = unlisted.flatMap(({ kinds }): Part[] => kinds)
  const all = Object.keys(PARTS) as Part[]
  const isShown = (part: Part) => parts[part].objects > 0 || ALWAYS.includes(part) || unknown.includes(part)
  return {
    shown: all.filter(isShown),
    nothing: all.filter((part) => !isShown(part)).map((part) => PARTS[part][0].toLowerCase()),
  }
}

/** Whether a store did not list a part, so that its number is only what is known of it. */
export const isUnlisted = ({ unlisted }: Pick<Report, 'unlisted'>, part: Part): boolean =>
  unlisted.some(({ kinds }) => (kinds as Part[]).includes(part))

/** The bar in words: `31.0 MiB: images 25.2 MiB, …`. */
export const barText = ({ parts, total }: Pick<Report, 'parts' | 'total'>): string =>
  `${formatSize(total.bytes)} on the disk: ${(Object.keys(PARTS) as Part[])
    .filter((part) => parts[part].bytes > 0)
    .map((part) => `${PARTS[part][0].toLowerCase()} ${formatSize(parts[part].bytes)}`)
    .join(', ')}`

const AGES = { hour: 'less than an hour old', day: 'less than a day old', week: 'less than a week old' }

/** Open uploads by age: `2 less than an hour old (3.0 MiB)`. */
export const uploadTexts = ({ uploads }: Pick<Report, 'uploads'>): string[] =>
  uploads
    .filter((one) => one.uploads > 0)
    .map(
      ({ uploads, bytes, youngerThan }) =>
        `${uploads.toLocaleString('en')} ${youngerThan === null ? 'more than a week old' : AGES[youngerThan]} (${formatSize(bytes)})`,
    )

/** What a collection would free of projects that are not named: bytes. */
export const restOf = ({ collectable, projects }: Pick<Report, 'collectable' | 'projects'>): number =>
  projects.reduce((rest, { bytes }) => rest - bytes, collectable.bytes)

export const OUTCOMES: Record<NonNullable<Collection['outcome']>, [text: string, badge: string]> = {
  done: ['done', 'badge badge-ok'],
  planned: ['looked only', 'badge'],
  refused: ['refused', 'badge badge-warning'],
  stopped: ['stopped', 'badge badge-warning'],
  failed: ['failed', 'badge badge-over'],
  interrupted: ['interrupted', 'badge badge-over'],
}

const PHASES: Record<string, string> = {
  waiting: 'It waits for its turn',
  survey: 'The storage is surveyed',
  check: 'It looks what speaks against it',
  readOnlyOn: 'The registry is made read-only',
  drain: 'Pushes that have begun come to their end',
  collect: 'The collector of the registry runs',
  flushCache: 'The cache of the registry is flushed',
  readOnlyOff: 'Pushes are let in again',
  compare: 'The storage is surveyed again',
  copy: 'The garbage is copied to the trash',
  take: 'The garbage is taken away',
  'look-after': 'It looks once more for what images need',
}
/** A phase of a collection, for people. */
export const phaseText = (phase: string): string => PHASES[phase] ?? phase

export const MODES = { conduct: 'by hooks', barrier: 'behind the barrier' }

/** How long something took, of `ms`; that it is not known, of null. */
export const durationText = (ms: number | null): string =>
  ms === null
    ? 'not known'
    : ms < 60_000
      ? `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`
      : formatDuration(ms - (ms % 1_000))

/** How long pushes were held for a collection. */
export const waitText = ({ pauseMs, isHeld }: Pick<Collection, 'pauseMs' | 'isHeld'>): string =>
  pauseMs === null ? (isHeld ? 'they are now' : 'no') : durationText(pauseMs)

/** What a hook printed: each line by itself, since its control characters are spelt out. */
export const linesOf = (output: string): string => output.split('\n').map(printable).join('\n')

/** A registry that refuses writes although nothing lets them in: why, for people; undefined if all goes as it should. */
export function stuckText({
  heldSince,
  collecting,
}: Pick<Glance, 'heldSince' | 'collecting'>): string | undefined {
  if (heldSince === null) return undefined
  if (collecting === null) return 'No collection is under way that would let pushes in'
  const phase = collecting.phases.at(-1)
  return phase?.tookMs === null ? phase.note : undefined
}

/** Whether something goes on that is to be followed. */
export const isBusy = ({ surveying, collecting }: Pick<Glance, 'surveying' | 'collecting'>): boolean =>
  surveying !== null || collecting !== null
