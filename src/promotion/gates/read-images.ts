import { IMAGE_CONFIGS } from '../../registry/build-time.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { isObject } from '../../registry/descriptor.ts'
import { parseJson, textsIn } from '../../registry/json.ts'
import { isSchema1Type, type ParsedManifest, parseManifest } from '../../registry/manifest.ts'
import { readContent } from './read-content.ts'

/** Manifests of an image that are read, with those of indexes in it. */
const MOST_MANIFESTS = 200

/** A manifest of an image, or why it cannot be read. */
export type ReadManifest = { digest: string; manifest: ParsedManifest } | { problem: string }

/** Reads a manifest. @throws RegistryError if the registry may give another answer in a moment */
export async function readManifest(
  client: RegistryClient,
  repository: string,
  digest: string,
): Promise<ReadManifest> {
  const read = await readContent(async () => {
    const found = await client.getManifest(repository, digest)
    return found && parseManifest(found.bytes, found.descriptor.mediaType)
  })
  return 'problem' in read
    ? { problem: `${digest} cannot be read: ${read.problem}` }
    : { digest, manifest: read.content }
}

/**
 * The images of an image: itself, or those in an index and in the indexes of that. Attestations are none. What cannot be read
 * is told as a problem. @throws RegistryError if the registry may give another answer in a moment
 */
export async function* readImages(
  client: RegistryClient,
  repository: string,
  digest: string,
): AsyncGenerator<ReadManifest> {
  const seen = new Set([digest])
  for (const one of seen) {
    if (seen.size > MOST_MANIFESTS) {
      yield { problem: `it has more than ${MOST_MANIFESTS} manifests` }
      return
    }
    const read = await readManifest(client, repository, one)
    if ('problem' in read || read.manifest.kind === 'image') {
      if ('problem' in read || !isAttestation(read.manifest)) yield read
    } else for (const child of read.manifest.children) seen.add(child.digest)
  }
}

/**
 * Whether a manifest is an attestation as BuildKit puts it into an index. Its platform and its annotations may say so of any
 * image, so only its layers count: no runtime unpacks an in-toto statement.
 */
const isAttestation = ({ layers }: ParsedManifest): boolean =>
  layers.length > 0 && layers.every(({ mediaType }) => mediaType === 'application/vnd.in-toto+json')

/** The labels of an image, from its config (OCI image spec 1.1, config.md, "config.Labels"); a text says why they are not known. */
export async function readLabels(
  client: RegistryClient,
  repository: string,
  { mediaType, config }: ParsedManifest,
): Promise<Record<string, string> | string> {
  if (isSchema1Type(mediaType)) return 'an image of schema 1 has no config'
  if (config === undefined || !IMAGE_CONFIGS.includes(config.mediaType)) return {}
  const read = await readContent(() => client.getConfig(repository, config.digest))
  if ('problem' in read) return `its config cannot be read: ${read.problem}`
  const body = parseJson(read.content)
  if (!isObject(body)) return 'its config is not a JSON object'
  const { Labels: labels } = isObject(body.config) ? body.config : {}
  return isObject(labels) ? textsIn(labels) : {}
}
