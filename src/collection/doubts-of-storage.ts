import type { Finding } from '../doctor/finding.ts'
import type { CollectionMode } from './collection-run.ts'

/** Rules of the storage doctor (docs/storage-doctor.md) that speak against a collection if one of these levels is found. */
const AGAINST: Record<string, readonly Finding['level'][]> = {
  // What a survey takes for garbage may be needed.
  ...{ 'no-registry-here': ['error'], 'other-storage': ['error'], 'late-listings': ['warning'] },
  // Garbage is old enough by these clocks, and what is collected must come back if it is needed.
  ...{ clocks: ['error'], 'lifecycle-trash': ['error'], 'objects-archived': ['error'] },
  // Nothing that is deleted frees a byte.
  ...{
    versioning: ['warning'],
    'object-lock': ['warning'],
    retention: ['error'],
    'objects-held': ['warning'],
  },
  permissions: ['error'],
}

/** A collection by Tallyman copies and deletes by its own login. */
const AGAINST_BARRIER: typeof AGAINST = { permissions: ['error', 'note'] }

/**
 * What the storage doctor found that makes a collection dangerous, or useless. What is not known does not count.
 * `flushesCache`: whether a hook empties the registry's cache; behind a barrier, it is tried.
 */
export function doubtsOfStorage(
  findings: readonly Finding[],
  { mode, flushesCache }: { mode: CollectionMode; flushesCache: boolean },
): string[] {
  const against: typeof AGAINST = {
    ...AGAINST,
    ...(mode === 'barrier' && AGAINST_BARRIER),
    ...(mode === 'conduct' && !flushesCache && { 'descriptor-cache': ['warning'] }),
  }
  return findings
    .filter(({ rule = '', level, sure }) => sure !== 'not known' && (against[rule] ?? []).includes(level))
    .map(({ rule, what, why }) => `${what}${why === undefined ? '' : `: ${why}`} (storage doctor: ${rule})`)
}
