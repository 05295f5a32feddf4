import type { RegistryClient } from '../../registry/client.ts'
import { isObject } from '../../registry/descriptor.ts'
import { isDigest } from '../../registry/digest.ts'
import { parseJson } from '../../registry/json.ts'
import { readContent } from './read-content.ts'
import { readReferrers } from './read-referrers.ts'

/** What may be a signature of an image. `manifest` and `blob` are the digests of where it was found. */
export type Found =
  | { form: 'bundle'; manifest: string; blob: string; content: Buffer }
  | { form: 'simple signing'; manifest: string; blob: string; content: Buffer; signature: string }
  | { problem: string }

/** `…bundle.v0.3+json`, and `…bundle+json;version=0.2` of older clients. */
const BUNDLE = 'application/vnd.dev.sigstore.bundle'
const isBundle = (type: string) => type.startsWith(BUNDLE)

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const SIGNATURE = 'dev.cosignproject.cosign/signature'
/** Signatures of a tag that are read, from the end of its list, where cosign appends. */
const MOST_SIGNATURES = 100

/**
 * The sigstore bundles that refer to an image: the first layer of each referrer of that type. Each has 1 MiB at most, as
 * `getConfig` reads. @throws RegistryError if the registry may give another answer in a moment
 */
export async function* findBundles(
  client: RegistryClient,
  repository: string,
  digest: string,
): AsyncGenerator<Found> {
  for await (const referrer of readReferrers(client, repository, digest, isBundle)) {
    if ('problem' in referrer) yield referrer
    else if (isBundle(referrer.artifactType)) {
      const layer = referrer.manifest.layers.find(({ mediaType }) => isBundle(mediaType))
      if (layer === undefined) continue
      const read = await readContent(() => client.getConfig(repository, layer.digest))
      yield 'problem' in read
        ? read
        : { form: 'bundle', manifest: referrer.digest, blob: layer.digest, ...read }
    }
  }
}

/** The signatures of the older form: layers of the tag `sha256-<hex>.sig`. Signatures of the same bytes share a blob. */
export async function* findSimpleSignatures(
  client: RegistryClient,
  repository: string,
  digest: string,
): AsyncGenerator<Found> {
  const found = await client.getManifest(repository, `${digest.replace(':', '-')}.sig`)
  if (found === undefined) return
  const manifest = found.descriptor.digest
  const all = signaturesIn(found.bytes)
  const payloads = new Map<string, Awaited<ReturnType<typeof readContent<Buffer>>>>()
  for (const { blob, signature } of all.toReversed().slice(0, MOST_SIGNATURES)) {
    const read = payloads.get(blob) ?? (await readContent(() => client.getConfig(repository, blob)))
    payloads.set(blob, read)
    yield 'problem' in read ? read : { form: 'simple signing', manifest, blob, signature, ...read }
  }
  if (all.length > MOST_SIGNATURES)
    yield { problem: `there are ${all.length} signatures, of which the last ${MOST_SIGNATURES} were read` }
}

/** The layers of a manifest that are signatures. Its parser leaves out the annotations of layers, which hold them. */
function signaturesIn(bytes: Buffer): { blob: string; signature: string }[] {
  const body = parseJson(bytes)
  const layers: unknown[] = isObject(body) && Array.isArray(body.layers) ? body.layers : []
  return layers.flatMap((layer) => {
    if (!isObject(layer) || layer.mediaType !== SIMPLE_SIGNING || !isObject(layer.annotations)) return []
    const { digest, annotations } = layer
    const signature = annotations[SIGNATURE]
    if (typeof digest !== 'string' || !isDigest(digest) || typeof signature !== 'string') return []
    return [{ blob: digest, signature }]
  })
}
