import { isDigest } from './digest.ts'
import { InvalidManifest } from './registry-error.ts'

/** Describes one piece of content (OCI image spec 1.1, descriptor.md). */
export interface Descriptor {
  mediaType: string
  digest: string
  /** bytes */
  size: number
  artifactType?: string
  platform?: { os: string; architecture: string; variant?: string }
  /** The content is stored elsewhere: a foreign or non-distributable layer, or one with `urls`. */
  foreign?: true
}

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether content with this media type and these `urls` is stored elsewhere (OCI image spec 1.1, layer.md, descriptor.md). */
export const isForeign = (mediaType: string, urls: unknown): boolean =>
  /foreign|nondistributable/.test(mediaType) || (Array.isArray(urls) && urls.length > 0)

/** Checks a descriptor of a parsed manifest. @throws InvalidManifest naming `where` */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new InvalidManifest(`${where} is not a descriptor`)
  const { mediaType, digest, size, artifactType, urls } = value
  if (typeof mediaType !== 'string') throw new InvalidManifest(`${where} has no mediaType`)
  if (typeof digest !== 'string' || !isDigest(digest))
    throw new InvalidManifest(`${where} has no valid digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new InvalidManifest(`${where} has no valid size`)
  const platform = readPlatform(value.platform)
  const foreign = isForeign(mediaType, urls)
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(platform === undefined ? {} : { platform }),
    ...(foreign ? { foreign } : {}),
  }
}

function readPlatform(value: unknown): Descriptor['platform'] {
  if (!isObject(value)) return undefined
  const { os, architecture, variant } = value
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) }
}
