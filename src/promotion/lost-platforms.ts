import type { RegistryClient } from '../registry/client.ts'
import { isObject } from '../registry/descriptor.ts'
import { parseJson } from '../registry/json.ts'
import { type ParsedManifest, parseManifest } from '../registry/manifest.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'

type Place = { client: Pick<RegistryClient, 'getManifest' | 'getConfig'>; repository: string }

/**
 * The platforms, as `linux/arm64`, that one image of a repository is for and another is not: what users lose if a tag is moved from
 * the one to the other. None if one of them cannot be read, or is no image: an image that is broken must be replaced, too.
 */
export async function lostPlatforms(place: Place, from: string, to: string): Promise<string[]> {
  if (from === to) return []
  const [before, after] = [await readPlatforms(place, from), await readPlatforms(place, to)]
  return after.length === 0 ? [] : before.filter((platform) => !after.includes(platform)).sort()
}

const readPlatforms = (place: Place, digest: string): Promise<string[]> =>
  platformsOf(place, digest).catch((error: Error) => {
    if (error instanceof RegistryError) return []
    throw error
  })

/** Children of an index that are for no known platform are attestations, or indexes themselves. */
async function platformsOf(place: Place, digest: string): Promise<string[]> {
  const manifest = await readManifest(place, digest)
  if (manifest === undefined) return []
  if (manifest.kind === 'image') return platformOfConfig(place, manifest)
  const platforms = manifest.children.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : nameOf(platform),
  )
  return [...new Set(platforms)]
}

async function readManifest({ client, repository }: Place, digest: string) {
  const found = await client.getManifest(repository, digest)
  if (found === undefined) return undefined
  try {
    return parseManifest(found.bytes, found.descriptor.mediaType)
  } catch (error) {
    if (error instanceof InvalidManifest) return undefined
    throw error
  }
}

/** OCI image spec 1.1, config.md. An artifact has none. */
async function platformOfConfig(
  { client, repository }: Place,
  { config }: ParsedManifest,
): Promise<string[]> {
  if (config === undefined) return []
  const body = parseJson(await client.getConfig(repository, config.digest))
  if (!isObject(body) || typeof body.os !== 'string' || typeof body.architecture !== 'string') return []
  return [nameOf({ os: body.os, architecture: body.architecture })]
}

/** Variants are left out: an index often names one where the config names none. */
const nameOf = ({ os, architecture }: { os: string; architecture: string }) => `${os}/${architecture}`
