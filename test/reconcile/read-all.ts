import type { ExpectedRepository, ReadingFailure, RepositoryReading } from '../../src/reconcile/reading.ts'

/** All readings. @throws Error if one of them is a failure */
export async function readAll(
  items: AsyncIterable<RepositoryReading | ReadingFailure>,
): Promise<RepositoryReading[]> {
  const readings: RepositoryReading[] = []
  for await (const item of items) {
    if ('failure' in item) throw new Error(`${item.repository ?? 'a listing'}: ${item.failure}`)
    readings.push(item)
  }
  return readings
}

/** A repository that the index has with these manifests, of which it lacks the references and the age, and unreferenced blobs. */
export const inIndex = (
  repository: string,
  digests: string[] = [],
  unreferenced: string[] = [],
): ExpectedRepository => ({
  repository,
  contents: async () => ({
    manifests: digests.map((digest) => ({
      digest,
      size: 0,
      mediaType: '',
      isComplete: false,
      age: { source: 'seen' as const, at: 0 },
    })),
    unreferenced,
  }),
})
