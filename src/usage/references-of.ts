import { isManifestType, type ParsedManifest } from '../registry/manifest.ts'
import type { Reference } from './fact.ts'

/**
 * All that a manifest refers to and its registry holds: config, layers and children as often as they are listed, then
 * its subject. Foreign layers are elsewhere and left out. Sizes are those that the manifest states: 0 in schema 1.
 */
export function referencesOf({ config, layers, children, subject }: ParsedManifest): Reference[] {
  const contents = [...(config === undefined ? [] : [config]), ...layers, ...children]
  const references = contents.filter(({ foreign }) => !foreign).map(contentReference)
  return subject === undefined
    ? references
    : [...references, { kind: 'subject', digest: subject.digest, size: subject.size }]
}

/** What a manifest is made of is told apart by its media type alone, in notifications and in the manifest itself. */
export const contentReference = (content: {
  mediaType: string
  digest: string
  size: number
}): Reference => ({
  kind: isManifestType(content.mediaType) ? 'child' : 'blob',
  digest: content.digest,
  size: content.size,
})
