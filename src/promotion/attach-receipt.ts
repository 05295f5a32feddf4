import { Readable } from 'node:stream'
import type { RegistryClient } from '../registry/client.ts'
import { hashOf } from '../registry/digest.ts'
import { OCI_MANIFEST } from '../registry/manifest.ts'
import { givesBlob } from './copy/gives-blob.ts'
import { IN_TOTO, PREDICATE_TYPE } from './envelope.ts'
import type { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'

/** OCI image spec 1.1, manifest.md, "Guidance for an Empty Descriptor" */
const EMPTY = Buffer.from('{}')
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json'
/** As cosign and others name a DSSE envelope in a layer. */
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json'

type Client = Pick<
  RegistryClient,
  'headManifest' | 'readsBlob' | 'uploadBlob' | 'putManifest' | 'addReferrers'
>

/**
 * Makes a function that pushes the envelope of a receipt to the target, as an artifact that refers to the image. It pushes the
 * same bytes each time. Does nothing without an envelope, or if the image is gone. @throws RegistryError
 */
export const makeAttachReceipt =
  ({
    clientOf,
    receipts,
  }: {
    clientOf: (registry: string) => Client
    receipts: Pick<Receipts, 'envelope'>
  }) =>
  async ({ id, at, to: { registry, repository }, digest }: PromotionReceipt): Promise<void> => {
    const envelope = await receipts.envelope(id)
    const client = clientOf(registry)
    const subject = digest === undefined ? undefined : await client.headManifest(repository, digest)
    if (envelope === undefined || subject === undefined) return
    const annotations = { 'in-toto.io/predicate-type': PREDICATE_TYPE }
    const manifest = {
      ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: IN_TOTO },
      config: { mediaType: EMPTY_TYPE, digest: hashOf(EMPTY), size: EMPTY.length },
      layers: [{ mediaType: ENVELOPE_TYPE, digest: hashOf(envelope), size: envelope.length, annotations }],
      subject,
      annotations: { ...annotations, 'org.opencontainers.image.created': at },
    }
    for (const content of [EMPTY, envelope]) await upload(client, repository, content)
    const bytes = Buffer.from(JSON.stringify(manifest))
    const own = { mediaType: OCI_MANIFEST, digest: hashOf(bytes), size: bytes.length }
    await client.putManifest(repository, own.digest, bytes, OCI_MANIFEST)
    await client.addReferrers(repository, subject.digest, [
      { ...own, artifactType: IN_TOTO, annotations: manifest.annotations },
    ])
  }

async function upload(client: Client, repository: string, content: Buffer): Promise<void> {
  const blob = { digest: hashOf(content), size: content.length }
  if (await givesBlob({ client, repository }, blob.digest)) return
  await client.uploadBlob(repository, blob, async (from) => Readable.from([content.subarray(from)]))
}
