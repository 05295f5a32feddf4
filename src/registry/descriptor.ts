import { isDigest } from './digest.ts'
import { InvalidManifest } from './registry-error.ts'

/** Describes one piece of content (OCI image spec 1.1, descriptor.md). */
export interface Descriptor {
  mediaType: string
  digest: string
  /** bytes. 0 if it states none, or none that a number can hold. */
  size: number
  artifactType?: string
  platform?: { os: string; architecture: string; variant?: string }
  /** It has `urls`: the content may be stored elsewhere. */
  foreign?: true
}

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Whether the content may be stored elsewhere (OCI image spec 1.1, descriptor.md, "urls"). The media type does not tell:
 * registries insist on having a layer of a foreign type that has no `urls`.
 */
export const hasUrls = (urls: unknown): boolean => Array.isArray(urls) && urls.length > 0

/**
 * Whether a manifest alone does not tell what the registry holds of this content. Content with `urls` may be stored
 * elsewhere, or in the registry too. Content that was uploaded by its SHA-512 is stored by its SHA-256, and so do
 * notifications name it (docs/registries.md, Registry API).
 */
export const isUncertain = (content: { digest: string; urls?: unknown; foreign?: true }): boolean =>
  content.foreign === true || hasUrls(content.urls) || !content.digest.startsWith('sha256:')

/**
 * Checks a descriptor of a parsed manifest. Registries accept one without a media type or a size, and with a size beyond
 * 2^53. @throws InvalidManifest naming `where`
 */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new InvalidManifest(`${where} is not a descriptor`)
  const { mediaType = '', digest, size, artifactType, urls } = value
  if (typeof mediaType !== 'string') throw new InvalidManifest(`the mediaType of ${where} is not a string`)
  if (typeof digest !== 'string' || !isDigest(digest))
    throw new InvalidManifest(`${where} has no valid digest`)
  const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
  const platform = readPlatform(value.platform)
  return {
    mediaType,
    digest,
    size: isSize ? size : 0,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(platform === undefined ? {} : { platform }),
    ...(hasUrls(urls) ? { foreign: true } : {}),
  }
}

function readPlatform(value: unknown): Descriptor['platform'] {
  if (!isObject(value)) return undefined
  const { os, architecture, variant } = value
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) }
}
