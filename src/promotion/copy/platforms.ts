import type { Descriptor } from '../../registry/descriptor.ts'

/**
 * Whether a child of an index is for one of the platforms, each `os/architecture` or `os/architecture/variant`. A platform
 * without a variant means all variants. A child without a platform may be an index itself. One of an unknown platform is an
 * attestation of BuildKit (its docs, attestation-storage.md). Both are for all.
 */
export function isForPlatforms({ platform }: Descriptor, platforms: readonly string[]): boolean {
  if (platform === undefined || platform.os === 'unknown') return true
  const base = `${platform.os}/${platform.architecture}`
  return platforms.includes(base) || platforms.includes(`${base}/${platform.variant ?? ''}`)
}
