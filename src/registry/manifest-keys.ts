import { isObject, type JsonObject } from './descriptor.ts'
import { InvalidManifest } from './registry-error.ts'

/** The keys that say what a manifest is and names. */
const KEYS = new Set<string>([
  ...(['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject'] as const),
  ...(['digest', 'size', 'urls', 'fsLayers', 'blobSum'] as const),
])

/** Go compares keys by Unicode's simple folding: `ſ` is `s`. */
const fold = (key: string): string => key.toUpperCase().toLowerCase()
const BY_FOLDED = new Map([...KEYS].map((key) => [fold(key), key]))

/**
 * A manifest with its keys as they should be written. Registries are written in Go, and its encoding/json takes `Layers` for
 * `layers`: a registry takes such a manifest, and clients pull what it names.
 * @throws InvalidManifest if a key is there in two spellings
 */
export function asGoReads(body: JsonObject): JsonObject {
  const read = withKeys(body)
  for (const key of ['config', 'subject', 'layers', 'manifests', 'fsLayers']) {
    const value = read[key]
    if (isObject(value)) read[key] = withKeys(value)
    if (Array.isArray(value)) read[key] = value.map((one: unknown) => (isObject(one) ? withKeys(one) : one))
  }
  return read
}

function withKeys(object: JsonObject): JsonObject {
  // Without a prototype, a key `__proto__` is one like any other.
  const read: JsonObject = Object.create(null)
  for (const [written, value] of Object.entries(object)) {
    const key = KEYS.has(written) ? written : (BY_FOLDED.get(fold(written)) ?? written)
    if (Object.hasOwn(read, key)) throw new InvalidManifest(`it has the key ${key} in two spellings`)
    read[key] = value
  }
  return read
}
