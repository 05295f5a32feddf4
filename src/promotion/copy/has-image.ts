import { isForPlatforms } from './platforms.ts'
import type { GraphNode } from './read-graph.ts'

/**
 * Whether what was read of an image has something to pull: an image that is no attestation, or content that an index lists itself.
 * With `platforms`, an image that an index lists for one of them.
 */
export function hasImage(nodes: readonly GraphNode[], platforms?: readonly string[]): boolean {
  const children = nodes.flatMap(({ manifest }) => manifest.children)
  const read = new Set(nodes.map(({ digest }) => digest))
  const isUnknown = (child: (typeof children)[number]) => (child.platform?.os ?? 'unknown') === 'unknown'
  if (platforms !== undefined)
    return children.some(
      (child) => read.has(child.digest) && !isUnknown(child) && isForPlatforms(child, platforms),
    )
  const attestations = new Set(
    children.filter(({ platform }) => platform?.os === 'unknown').map(({ digest }) => digest),
  )
  return nodes.some(
    ({ digest, manifest: { kind, layers } }) =>
      (kind === 'image' && !attestations.has(digest)) || (kind === 'index' && layers.length > 0),
  )
}
