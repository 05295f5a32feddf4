import type { TrashEntry } from '../expiry/trash.ts'
import type { TrashReader } from '../expiry/trash-reader.ts'
import { type UndoSettings, undoUntil } from '../expiry/undo.ts'
import { parseStoredManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'

/** An image that expiry has deleted, and that can be brought back until a collection deletes its blobs. */
export interface UndoableImage {
  repository: string
  digest: string
  /** Until when that was promised, epoch ms. */
  until: number
  /** The manifest, and what it names. */
  blobs: string[]
}

/** How many entries are read at a time. */
const PAGE = 500

/**
 * The images of a registry that expiry has deleted and promised to be able to bring back for longer than `now`, epoch ms: until
 * the registry collects its garbage by schedule, or else until the trash forgets them. A tag that was deleted alone is none: its
 * image stays.
 */
export async function* undoableImages(
  deps: { reader: Pick<TrashReader, 'list' | 'positionOf'>; settings: UndoSettings; now: number },
  registry: string,
): AsyncGenerator<UndoableImage> {
  const { reader, settings, now } = deps
  const promised = (at: number) => undoUntil(settings, at) ?? at + settings.trash.keep
  let after: string | undefined
  for (;;) {
    const entries = await reader.list(
      { registry },
      // What the store was given before may be older, never younger.
      { after, limit: PAGE, isWanted: ({ tag }, at) => tag === undefined && promised(at.getTime()) > now },
    )
    for (const entry of entries) {
      const until = promised(Date.parse(entry.at))
      if (entry.restoredAt !== undefined || until <= now) continue
      yield { repository: entry.repository, digest: entry.digest, until, blobs: blobsOf(entry) }
    }
    const last = entries.at(-1)
    if (last === undefined || entries.length < PAGE) return
    after = reader.positionOf(last)
  }
}

/** The digests of an image and of what it names. `manifest`: in base64. */
export function blobsOf({ digest, manifest }: Pick<TrashEntry, 'digest' | 'manifest'>): string[] {
  try {
    const { config, layers, children } = parseStoredManifest(Buffer.from(manifest, 'base64'))
    return [digest, ...[...(config ? [config] : []), ...layers, ...children].map((one) => one.digest)]
  } catch (error) {
    if (error instanceof InvalidManifest) return [digest]
    throw error
  }
}

/**
 * How many such images there are, until when, and the bytes of `candidates` (what a collection would free) that are theirs. Without
 * candidates, the bytes are not known, and 0.
 */
export async function sumUndoable(
  deps: Parameters<typeof undoableImages>[0],
  {
    registry,
    candidates = [],
  }: { registry: string; candidates?: readonly { digest: string; size: number }[] | undefined },
): Promise<{ images: number; bytes: number; until: number }> {
  const sizes = new Map(candidates.map(({ digest, size }) => [digest, size]))
  const sum = { images: 0, bytes: 0, until: 0 }
  for await (const { until, blobs } of undoableImages(deps, registry)) {
    sum.images++
    sum.until = Math.max(sum.until, until)
    for (const digest of blobs) {
      sum.bytes += sizes.get(digest) ?? 0
      sizes.delete(digest)
    }
  }
  return sum
}
