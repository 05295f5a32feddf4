import { IMAGE_CONFIGS } from '../../registry/build-time.ts'
import type { Descriptor, RegistryClient } from '../../registry/client.ts'
import { type ParsedManifest, parseManifest } from '../../registry/manifest.ts'
import { readContent } from './read-content.ts'

/** Referrers that are read of one image. Anybody who may push can add more. */
const MOST_REFERRERS = 100

/** What lists say of an artifact whose type they do not know: the type of its config, or nothing. */
const UNTOLD = [undefined, 'application/vnd.oci.empty.v1+json', ...IMAGE_CONFIGS]

export interface Referrer {
  digest: string
  /** As its manifest says: its own, or else the type of its config (OCI image spec 1.1, manifest.md, "artifactType"). */
  artifactType: string
  manifest: ParsedManifest
}

/**
 * Reads the manifests that a registry lists as referrers of an image: 100 at most, from the end of the list, where clients
 * append to the fallback tag. Of more than 100, only those that may be of a wanted type. What the list says of a type is not
 * enough: cosign 3.1 writes that of the config into the fallback tag. Gives the reason for one that cannot be read.
 * @throws RegistryError if the registry may give another answer in a moment
 */
export async function* readReferrers(
  client: RegistryClient,
  repository: string,
  digest: string,
  isWanted: (artifactType: string) => boolean,
): AsyncGenerator<Referrer | { problem: string }> {
  const listed = await client.referrers(repository, digest)
  const mayBeWanted = ({ artifactType }: Descriptor) =>
    UNTOLD.includes(artifactType) || isWanted(artifactType ?? '')
  const possible = listed.length > MOST_REFERRERS ? listed.filter(mayBeWanted) : listed
  for (const descriptor of possible.toReversed().slice(0, MOST_REFERRERS)) {
    const read = await readContent(async () => {
      const found = await client.getManifest(repository, descriptor.digest)
      return found && parseManifest(found.bytes, found.descriptor.mediaType)
    })
    if ('problem' in read) {
      yield read
      continue
    }
    const { artifactType, config } = read.content
    yield {
      digest: descriptor.digest,
      artifactType: artifactType ?? config?.mediaType ?? '',
      manifest: read.content,
    }
  }
  if (possible.length > MOST_REFERRERS)
    yield {
      problem: `there are ${possible.length} referrers, of which the last ${MOST_REFERRERS} were read`,
    }
}
