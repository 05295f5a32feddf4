import { classify } from '../storage/classify.ts'
import { HIDDEN_KINDS, type HiddenObject, type StoredObject, type Unlisted } from '../storage/storage.ts'
import type { ObjectInfo } from '../store/object-store.ts'

/**
 * The parts of a registry's storage. Together they are all that the store holds for it. Bytes that several objects share count
 * with the first of them, which is a blob if one of them is:
 * - `referenced`: blobs that a manifest of a repository names, and these manifests
 * - `unreferenced`: blobs that no manifest names, and that a repository links: they were uploaded there
 * - `orphaned`: blobs that no manifest names and no repository links
 * - `links`: the small files that link repositories and tags to blobs
 * - `uploads`: what was uploaded and not completed
 * - `trash`: blobs that Tallyman collected, and deletes later
 * - `other`: what no registry wrote
 * - the kinds of what is in no listing
 */
export const PARTS = [
  ...(['referenced', 'unreferenced', 'orphaned', 'links', 'uploads', 'trash', 'other'] as const),
  ...HIDDEN_KINDS,
] as const
export type Part = (typeof PARTS)[number]

export interface Amount {
  objects: number
  bytes: number
}

/** An upload that is not complete. */
export interface OpenUpload extends Amount {
  repository: string
  id: string
  /** When it began: the time of its `startedat`, or else of the oldest of its objects. epoch ms */
  startedAt: number
}

export interface Candidate {
  digest: string
  /** Bytes. */
  size: number
  /** The project that uploaded it, if it is one alone. */
  project: string | undefined
  /** When it was written, or linked by a repository, whichever came last. epoch ms */
  touchedAt: number
}

export interface Survey {
  parts: Record<Part, Amount>
  uploads: OpenUpload[]
  /** The blobs that a collection of garbage deletes: the unreferenced and the orphaned ones. */
  candidates: Candidate[]
  /** Manifests that a repository links, and that are not there or cannot be read: no collection runs over them. */
  unreadable: string[]
  /** Blobs that a readable manifest names and that are not in the storage. */
  missing: { digest: string; namedBy: string }[]
  /** Content with `urls` that a manifest names and that is not in the storage: it may never have been. */
  elsewhere: string[]
  /** Links of repositories to blobs that are not there; the registry's collector leaves them behind. */
  linksWithoutBlob: number
  /** Parts that the store did not list, and why. They count as nothing in `parts`. */
  unlisted: Unlisted[]
  /** Keys of segments of Swift that no object uses, the first of them. */
  segments: string[]
  /** All blobs, by digest. */
  blobs: ReadonlyMap<string, { readonly size: number }>
}

/** Segments whose keys are remembered: 40 MB of keys, for 4 TB in segments of 20 MB, the driver's default. */
const MOST_SEGMENTS = 200_000

interface Blob {
  size: number
  /** What of it no object that was listed before shares. */
  ownBytes: number
  isMarked: boolean
  isLinked: boolean
  touchedAt: number
  /** undefined: none yet; null: several. */
  project: string | null | undefined
}

/**
 * Surveys a storage: give it every object, blobs before repositories, as a listing in byte order does; then what each of
 * `revisions()` references. A blob that is listed before links are read has its link in what is read later, so a push that
 * runs meanwhile never looks like garbage for want of a link. What is pushed without a link yet does: see `candidates`.
 */
export function makeSurvey({ projectOf }: { projectOf: (repository: string) => string }) {
  const parts = Object.fromEntries(PARTS.map((part) => [part, { objects: 0, bytes: 0 }])) as Survey['parts']
  const blobs = new Map<string, Blob>()
  /** A repository that links each manifest. */
  const revisions = new Map<string, string>()
  /** Links to content that was uploaded by another digest than its SHA-256. */
  const otherLinks = new Map<string, string[]>()
  const unreadable = new Set<string>()
  const uploads = new Map<string, OpenUpload>()
  const missing = new Map<string, string>()
  const elsewhere = new Set<string>()
  const shared = new Set<string>()
  const unlisted: Unlisted[] = []
  const segments: string[] = []
  let linksWithoutBlob = 0

  const count = (part: Part, { size }: { size: number }) => {
    parts[part].objects++
    parts[part].bytes += size
  }

  /** The bytes that it occupies beside what was added before. */
  function ownBytes({ size, sharing }: StoredObject): number {
    if (sharing === undefined) return size
    if (shared.has(sharing)) return 0
    shared.add(sharing)
    return size
  }

  function link(repository: string, digest: string, { key, modifiedAt }: ObjectInfo) {
    // What was uploaded by another digest than its SHA-256 has two links; that by the SHA-256 counts.
    if (!digest.startsWith('sha256:')) {
      const links = otherLinks.get(digest)
      if (links === undefined) otherLinks.set(digest, [key])
      else links.push(key)
      return
    }
    const blob = blobs.get(digest)
    if (blob === undefined) {
      linksWithoutBlob++
      return
    }
    const project = projectOf(repository)
    blob.isLinked = true
    blob.touchedAt = Math.max(blob.touchedAt, modifiedAt.getTime())
    blob.project = blob.project === undefined || blob.project === project ? project : null
  }

  function upload(
    { repository, id, isStart }: { repository: string; id: string; isStart: boolean },
    object: ObjectInfo,
  ) {
    const key = `${repository}/${id}`
    const at = object.modifiedAt.getTime()
    const known = uploads.get(key) ?? { repository, id, objects: 0, bytes: 0, startedAt: at }
    const startedAt = isStart ? at : Math.min(known.startedAt, at)
    uploads.set(key, { ...known, objects: known.objects + 1, bytes: known.bytes + object.size, startedAt })
  }

  return {
    add(stored: StoredObject): void {
      const object = { ...stored, size: ownBytes(stored) }
      const found = classify(object.key)
      switch (found.is) {
        case 'blob':
          // It counts at the end, when it is known what names it.
          blobs.set(found.digest, {
            ...{
              size: stored.size,
              ownBytes: object.size,
              isMarked: false,
              isLinked: false,
              project: undefined,
            },
            touchedAt: object.modifiedAt.getTime(),
          })
          break
        case 'layer':
          count('links', object)
          link(found.repository, found.digest, object)
          break
        case 'revision':
          count('links', object)
          link(found.repository, found.digest, object)
          revisions.set(found.digest, found.repository)
          break
        case 'tag':
          count('links', object)
          break
        case 'trash':
          count('trash', object)
          break
        case 'upload':
          count('uploads', object)
          upload(found, object)
          break
        default:
          count('other', object)
      }
    },
    hide(object: HiddenObject): void {
      count(object.kind, object)
      if (object.kind === 'segment' && segments.length < MOST_SEGMENTS) segments.push(object.key)
    },
    unlisted: (what: Unlisted): void => void unlisted.push(what),
    /** All manifests that a repository links, each with one of these repositories. */
    revisions: (): Iterable<readonly [digest: string, repository: string]> => revisions,
    /** The keys of links to content that was uploaded by this digest, which is not its SHA-256. */
    linksOf: (digest: string): readonly string[] => otherLinks.get(digest) ?? [],
    /**
     * What a manifest names: blobs and manifests, by the digests by which they are stored. Not its `subject`, which the
     * registry's collector does not follow. What has `urls` (`foreign`) may be stored elsewhere, and is not missing.
     */
    references(manifest: string, named: readonly { digest: string; foreign?: true }[]): void {
      for (const { digest, foreign } of [{ digest: manifest, foreign: undefined }, ...named]) {
        const blob = blobs.get(digest)
        if (blob !== undefined) blob.isMarked = true
        else if (foreign) elsewhere.add(digest)
        else missing.set(digest, manifest)
      }
    },
    unreadable(manifest: string): void {
      unreadable.add(manifest)
      const blob = blobs.get(manifest)
      if (blob !== undefined) blob.isMarked = true
    },
    result(): Survey {
      const candidates: Candidate[] = []
      for (const [digest, blob] of blobs) {
        const part = blob.isMarked ? 'referenced' : blob.isLinked ? 'unreferenced' : 'orphaned'
        count(part, { size: blob.ownBytes })
        const { size, project, touchedAt } = blob
        if (!blob.isMarked) candidates.push({ digest, size, project: project ?? undefined, touchedAt })
      }
      return {
        ...{ parts, candidates, linksWithoutBlob, unlisted, blobs, uploads: [...uploads.values()] },
        ...{ unreadable: [...unreadable], elsewhere: [...elsewhere], segments },
        missing: [...missing].map(([digest, namedBy]) => ({ digest, namedBy })),
      }
    },
  }
}
