import pMap from 'p-map'
import type { StoredBlob } from './blob-api.ts'
import { type Descriptor, isUncertain } from './descriptor.ts'
import type { ParsedManifest } from './manifest.ts'

/** Contents of one manifest that are asked for. A Windows image has one or two layers with `urls`. */
export const MOST_ASKED = 200

/** Questions to the registry at a time. */
const AT_ONCE = { concurrency: 4 }

/**
 * The manifest, with each config and layer under the digest by which the registry stores it. `foreign` stays only where the
 * registry does not hold the content. `find` asks the registry, at most 200 times; what is not asked for stays as it is.
 */
export async function asHeld(
  manifest: ParsedManifest,
  find: (digest: string) => Promise<StoredBlob | undefined>,
): Promise<ParsedManifest> {
  const { config, layers } = manifest
  const uncertain = [...(config === undefined ? [] : [config]), ...layers].filter(isUncertain)
  if (uncertain.length === 0) return manifest
  const digests = [...new Set(uncertain.map(({ digest }) => digest))].slice(0, MOST_ASKED)
  const found = new Map(await pMap(digests, async (digest) => [digest, await find(digest)] as const, AT_ONCE))
  const held = (content: Descriptor): Descriptor => {
    const stored = found.get(content.digest)
    if (stored === undefined || !isUncertain(content)) return content
    const { foreign: _, ...rest } = content
    return { ...rest, digest: stored.digest }
  }
  return { ...manifest, ...(config && { config: held(config) }), layers: layers.map(held) }
}
