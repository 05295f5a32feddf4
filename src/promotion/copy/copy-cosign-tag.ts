import { isObject } from '../../registry/descriptor.ts'
import { parseJson } from '../../registry/json.ts'
import { RegistryError } from '../../registry/registry-error.ts'
import type { CopiedTag, StoredManifest } from './copied.ts'
import type { Side } from './copy-client.ts'
import { writeTag } from './write-tag.ts'

/**
 * Writes a tag of cosign at the target. The target may have another signature there, which must not be lost. So a manifest
 * that differs is replaced only by one that has all of its layers; otherwise it is kept. It is kept as well if the target
 * refuses to move a tag. The target has the manifest itself already.
 */
export async function copyCosignTag(target: Side, tag: string, manifest: StoredManifest): Promise<CopiedTag> {
  const there = await target.client.getManifest(target.repository, tag)
  if (there?.descriptor.digest === manifest.digest)
    return { tag, digest: manifest.digest, outcome: 'present' }
  const kept: CopiedTag = { tag, digest: there?.descriptor.digest ?? '', outcome: 'kept' }
  if (there !== undefined && !hasAllLayers(manifest.bytes, there.bytes)) return kept
  try {
    await writeTag(target, tag, manifest)
    return { tag, digest: manifest.digest, outcome: 'written' }
  } catch (error) {
    if (there !== undefined && error instanceof RegistryError && !error.retry) return kept
    throw error
  }
}

/** Whether each layer of the one is in the other. Two signatures have the same payload and differ in annotations. */
export function hasAllLayers(manifest: Buffer, other: Buffer): boolean {
  const [layers, required] = [layersOf(manifest), layersOf(other)]
  if (layers === undefined || required === undefined) return false
  // A manifest may have tens of thousands.
  const known = new Set(layers.map(inOrder))
  return required.every((layer) => known.has(inOrder(layer)))
}

function layersOf(bytes: Buffer): unknown[] | undefined {
  const body = parseJson(bytes)
  return isObject(body) && Array.isArray(body.layers) ? body.layers : undefined
}

/** JSON with the keys of each object in order: the same text for the same value. */
const inOrder = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
