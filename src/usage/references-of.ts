import { isManifestType, type ParsedManifest } from '../registry/manifest.ts'
import { believableSize, type Reference } from './fact.ts'

/**
 * All that a manifest refers to and its registry stores: config, layers and children, as often as they are listed,
 * then its subject. What is `foreign` is left out. Sizes (bytes) are those that the manifest states, if they can be
 * believed; 0 in schema 1.
 */
export function referencesOf({ config, layers, children, subject }: ParsedManifest): Reference[] {
  const contents = [...(config === undefined ? [] : [config]), ...layers, ...children]
  const references = contents.filter(({ foreign }) => !foreign).map(contentReference)
  return subject === undefined
    ? references
    : [...references, { kind: 'subject', digest: subject.digest, size: believableSize(subject.size) }]
}

/**
 * A config, layer or child as a reference. Only the media type tells which it is, in notifications as in manifests.
 * `size` in bytes.
 */
export const contentReference = (content: {
  mediaType: string
  digest: string
  size: number
}): Reference => ({
  kind: isManifestType(content.mediaType) ? 'child' : 'blob',
  digest: content.digest,
  size: believableSize(content.size),
})
