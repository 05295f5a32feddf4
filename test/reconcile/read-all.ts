import type { KnownRepository, ReadingFailure, RepositoryReading } from '../../src/reconcile/reading.ts'

/** All readings, where none may be a failure. */
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

/** A repository of which the index knows nothing but the name. */
export const nobody = (repository: string): KnownRepository => ({ repository, digests: async () => [] })
