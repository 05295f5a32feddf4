import pMap from 'p-map'
import type { BlobTrash } from './blob-trash.ts'
import type { Survey } from './survey.ts'

/** Blobs that are put back at a time. */
const AT_ONCE = { concurrency: 8 }

/**
 * Puts back what is needed and was collected. It asks `needed` again until there is nothing more to put back, since a manifest
 * that is there again names others. `runs`: the collection that took each digest.
 * @returns the digests that were put back
 */
export async function settle(
  trash: Pick<BlobTrash, 'putBack'>,
  runs: ReadonlyMap<string, string>,
  needed: () => Promise<Iterable<string>>,
): Promise<Set<string>> {
  const done = new Set<string>()
  for (;;) {
    const lacking = [...(await needed())].filter((digest) => runs.has(digest) && !done.has(digest))
    if (lacking.length === 0) return done
    await pMap(lacking, (digest) => trash.putBack(runs.get(digest) ?? '', digest), AT_ONCE)
    for (const digest of lacking) done.add(digest)
  }
}

/**
 * Surveys a storage, and puts back what images lack and the trash has: a collection may have been killed, or a push may have taken
 * very long. It surveys again after it has put something back.
 */
export async function surveySettled(
  trash: Pick<BlobTrash, 'list' | 'putBack'>,
  survey: () => Promise<Survey>,
): Promise<{ survey: Survey; putBack: Set<string> }> {
  const runs = new Map<string, string>()
  // Runs are listed in the order of their times: the last one counts.
  for await (const blob of trash.list()) runs.set(blob.digest, blob.run)
  let last = await survey()
  let isFirst = true
  const putBack = await settle(trash, runs, async () => {
    if (!isFirst) last = await survey()
    isFirst = false
    return [...last.missing.map(({ digest }) => digest), ...last.unreadable, ...last.elsewhere]
  })
  return { survey: last, putBack }
}
