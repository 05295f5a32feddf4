import { ARTIFACT_KINDS } from './artifact-kind.ts'
import type { Entry, Texts } from './details.ts'

/** Another version of Tallyman may tell other kinds by the same manifest: its entries count as not there. */
const VERSION = 1

/** Media types that are kept as a number, which is their position: append only. */
const TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.empty.v1+json',
  'application/vnd.buildkit.cacheconfig.v0',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]

type Type = number | string | null
/** Of an entry without details, only the first two. */
type Packed = [
  version: number,
  retryAt: number,
  kind?: number,
  mediaType?: Type,
  artifactType?: Type,
  configMediaType?: Type,
  annotations?: Texts | null,
  labels?: Texts | null,
]

/** An entry as it is kept: JSON of some 20 bytes, and the labels and annotations. */
export function packEntry({ details, retryAt = 0 }: Entry): string {
  const packed: Packed = [VERSION, retryAt]
  if (details !== undefined) {
    const { kind, mediaType, artifactType, configMediaType, annotations, labels } = details
    packed.push(ARTIFACT_KINDS.indexOf(kind), ...[mediaType, artifactType, configMediaType].map(packType))
    packed.push(annotations, ...(labels === undefined ? [] : [labels]))
  }
  return JSON.stringify(packed)
}

/** Reads an entry. `undefined` if another version of Tallyman wrote it. */
export function readEntry(text: string): Entry | undefined {
  const [version, retryAt, kind, mediaType, artifactType, configMediaType, annotations, labels]: Packed =
    JSON.parse(text)
  if (version !== VERSION) return undefined
  const kindName = kind === undefined ? undefined : ARTIFACT_KINDS[kind]
  if (kindName === undefined) return { retryAt }
  return {
    retryAt,
    details: {
      kind: kindName,
      mediaType: typeOf(mediaType) ?? '',
      artifactType: typeOf(artifactType),
      configMediaType: typeOf(configMediaType),
      annotations: annotations ?? null,
      labels,
    },
  }
}

function packType(type: string | undefined): Type {
  if (type === undefined) return null
  const known = TYPES.indexOf(type)
  return known < 0 ? type : known
}

const typeOf = (type: Type | undefined): string | undefined =>
  typeof type === 'number' ? TYPES[type] : (type ?? undefined)
