import { annotatedTime } from './build-time.ts'
import { type Descriptor, isObject, type JsonObject, readDescriptor } from './descriptor.ts'
import { isDigest } from './digest.ts'
import { parseJson, textsIn } from './json.ts'
import { asGoReads } from './manifest-keys.ts'
import { InvalidManifest } from './registry-error.ts'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+json'
export const SCHEMA_1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
/** The most bytes that distribution accepts, and that the spec tells clients to expect (1.1, "Pushing Manifests"). */
export const MANIFEST_LIMIT = 4 * 1024 * 1024

/** The most references of one manifest, `subject` aside. 4 MiB hold some 28,000 descriptors of a usual length. */
export const REFERENCE_LIMIT = 40_000

export const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** All media types of manifests that we can parse, in the order for an Accept header. */
export const MANIFEST_TYPES = [
  OCI_MANIFEST,
  OCI_INDEX,
  DOCKER_MANIFEST,
  DOCKER_LIST,
  SCHEMA_1_SIGNED,
  SCHEMA_1,
]

/** Whether content of this type is a manifest or an index, and not a blob. */
export const isManifestType = (mediaType: string): boolean => MANIFEST_TYPES.includes(mediaType)

export const isIndexType = (mediaType: string): boolean =>
  mediaType === OCI_INDEX || mediaType === DOCKER_LIST

export const isSchema1Type = (mediaType: string): boolean =>
  mediaType === SCHEMA_1 || mediaType === SCHEMA_1_SIGNED

/** The references of a manifest. */
export interface ParsedManifest {
  mediaType: string
  kind: 'image' | 'index'
  config?: Descriptor
  /** The blobs except the config. A blob that is listed twice is here twice. */
  layers: Descriptor[]
  /** The manifests of an index. */
  children: Descriptor[]
  subject?: Descriptor
  artifactType?: string
  /** Those that are text. */
  annotations?: Record<string, string>
  /** When it was built, as its annotations state it, in epoch µs. */
  statedAt?: number
}

/**
 * Parses an OCI manifest or index, a docker v2 schema-2 manifest or list, or a schema-1 manifest.
 *
 * `mediaType` is the Content-Type it was served with. If that is not a manifest's (`application/json`, empty), its own
 * `mediaType` field counts. A BuildKit cache is an index whose entries are blobs: these become layers. Schema 1 states
 * no sizes: its layers have size 0; `headBlob` tells the sizes.
 * @throws InvalidManifest
 */
export function parseManifest(bytes: Buffer, mediaType: string): ParsedManifest {
  const body = readJson(bytes)
  return readBody(body, isManifestType(mediaType) ? mediaType : (body.mediaType ?? mediaType))
}

/**
 * Parses a manifest from storage, where it has no Content-Type. Without a `mediaType` field its kind is decided as in
 * distribution 2.8 (manifeststore.go, Get): by its `schemaVersion`; with `manifests` it is an OCI index. `Layers` is `layers`. @throws InvalidManifest
 */
export function parseStoredManifest(bytes: Buffer): ParsedManifest {
  const body = asGoReads(readJson(bytes))
  if (body.schemaVersion === 1) return readBody(body, SCHEMA_1_SIGNED)
  return readBody(body, body.mediaType ?? (Array.isArray(body.manifests) ? OCI_INDEX : OCI_MANIFEST))
}

function readBody(body: JsonObject, type: unknown): ParsedManifest {
  const manifest = readKind(body, type)
  if (manifest.layers.length + manifest.children.length > REFERENCE_LIMIT)
    throw new InvalidManifest(`it has more than ${REFERENCE_LIMIT} references`)
  return manifest
}

function readKind(body: JsonObject, type: unknown): ParsedManifest {
  if (typeof type !== 'string' || !isManifestType(type))
    throw new InvalidManifest(`its media type is not a known manifest type: ${String(type).slice(0, 100)}`)
  if (isSchema1Type(type)) return readSchema1(body, type)

  // Content that could be read in two ways: CVE-2021-41190. Registries refuse it, too.
  if (body.mediaType !== undefined && body.mediaType !== type)
    throw new InvalidManifest(`its mediaType field is not ${type}`)
  if (isIndexType(type) ? 'layers' in body || 'config' in body : 'manifests' in body)
    throw new InvalidManifest('it is both an image and an index')

  const { subject, artifactType, annotations } = body
  const statedAt = annotatedTime(annotations)
  return {
    mediaType: type,
    ...(isIndexType(type) ? readIndex(body) : readImage(body)),
    ...(subject === undefined || subject === null ? {} : { subject: readDescriptor(subject, 'subject') }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isObject(annotations) ? { annotations: textsIn(annotations) } : {}),
    ...(statedAt === undefined ? {} : { statedAt }),
  }
}

const readImage = (body: JsonObject) => ({
  kind: 'image' as const,
  config: readDescriptor(body.config, 'config'),
  layers: readList(body.layers, 'layers'),
  children: [],
})

function readIndex(body: JsonObject) {
  const entries = readList(body.manifests, 'manifests')
  return {
    kind: 'index' as const,
    layers: entries.filter((entry) => !isManifestType(entry.mediaType)),
    children: entries.filter((entry) => isManifestType(entry.mediaType)),
  }
}

function readSchema1(body: JsonObject, mediaType: string): ParsedManifest {
  if (!Array.isArray(body.fsLayers)) throw new InvalidManifest('it is schema 1 and has no fsLayers')
  const layers = body.fsLayers.map((layer: unknown, n) => {
    const digest = isObject(layer) ? layer.blobSum : undefined
    if (typeof digest !== 'string' || !isDigest(digest))
      throw new InvalidManifest(`fsLayers[${n}] has no valid blobSum`)
    return { mediaType: DOCKER_LAYER, digest, size: 0 }
  })
  return { mediaType, kind: 'image', layers, children: [] }
}

/** `null` is an empty list, as Go writes it. So is an absent one: image-spec 1.1 leaves `layers` and `manifests` optional. */
function readList(value: unknown, where: string): Descriptor[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new InvalidManifest(`${where} is not a list`)
  return value.map((entry, n) => readDescriptor(entry, `${where}[${n}]`))
}

function readJson(bytes: Buffer): JsonObject {
  if (bytes.length > MANIFEST_LIMIT) throw new InvalidManifest(`it is longer than ${MANIFEST_LIMIT} bytes`)
  const value = parseJson(bytes)
  if (!isObject(value)) throw new InvalidManifest('it is not a JSON object')
  return value
}
