import type { RegistryAlert } from '../../queue/alert.ts'
import { jobId } from '../../queue/job-id.ts'
import type { NamedImage } from './find-registries.ts'
import { nameOf } from './name-of.ts'

/** Names that an alert lists. */
const LISTED = 10

/** The alert about images that a source names and a registry does not have: one a day for a source. `now` is epoch µs. */
export function missingAlert({
  source,
  registry,
  missing,
  now,
}: {
  source: string
  registry: string
  missing: readonly NamedImage[]
  now: number
}): RegistryAlert {
  const at = new Date(now / 1000).toISOString()
  const names = missing.map(nameOf).sort()
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : ''
  const images = names.length === 1 ? 'an image' : `${names.length} images`
  return {
    id: jobId('in use missing', registry, source, at.slice(0, 'YYYY-MM-DD'.length)),
    ...{ at, registry, event: 'inUse.missing' as const },
    text: `${registry}: ${source} uses ${images} that the registry does not have: ${names.slice(0, LISTED).join(', ')}${more}`,
  }
}
