import { isManifestType, type ParsedManifest } from '../registry/manifest.ts'
import { believableSize, type Reference } from './fact.ts'

/** The most bytes that a manifest is believed to reference in all. The sum over 64 such manifests is exact in a double. */
export const MOST_REFERENCED = 2 ** 47

/**
 * All that a manifest refers to and its registry stores: config, layers and children, as often as they are listed,
 * then its subject. What is `foreign` is left out. Sizes (bytes) are those that the manifest states, if they can be
 * believed; 0 in schema 1.
 */
export function referencesOf({ config, layers, children, subject }: ParsedManifest): Reference[] {
  const contents = [...(config === undefined ? [] : [config]), ...layers, ...children]
  const stated = contents.filter(({ foreign }) => !foreign).map(contentReference)
  const total = stated.reduce((sum, { size }) => sum + size, 0)
  const references = total > MOST_REFERENCED ? stated.map((one) => ({ ...one, size: 0 })) : stated
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
