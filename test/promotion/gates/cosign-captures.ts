import { readdirSync, readFileSync } from 'node:fs'
import { upload } from '../../../lab/push-image.ts'
import type { GateSubject } from '../../../src/promotion/gates/gate.ts'
import type { RegistryClient } from '../../../src/registry/client.ts'

/** What cosign 3.1.1 wrote into a registry without the referrers API: images v1 to v3, an index of v1 and v2, and signatures. */
const folder = new URL('../../captures/cosign-3.1.1/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder))

/** Digest by tag. */
export const tags: Record<string, string> = JSON.parse(read('tags.json').toString())

export const digestOfTag = (tag: string): string => tags[tag] ?? ''

/** A public key in PEM: `cosign` signed v1, v2 and the index, `ed25519` v2, `other` v3. */
export const keyOf = (name: 'cosign' | 'ed25519' | 'other') => ({
  name,
  publicKey: read(`${name}.pub`).toString(),
})

export const manifests = new Map(
  readdirSync(new URL('manifests', folder)).map((file) => {
    const bytes = read(`manifests/${file}`)
    const { mediaType }: { mediaType: string } = JSON.parse(bytes.toString())
    return [`sha256:${file.replace('.json', '')}`, { bytes, mediaType }]
  }),
)

export const blobs = new Map(
  readdirSync(new URL('blobs', folder)).map((file) => [`sha256:${file}`, read(`blobs/${file}`)]),
)

/** Pushes all of it, with those tags that `wanted` accepts. */
export async function pushCaptures(
  client: RegistryClient,
  repository: string,
  wanted: (tag: string) => boolean = () => true,
): Promise<void> {
  for (const bytes of blobs.values()) await upload(client, repository, bytes)
  // Indexes come last: a registry wants to have what they list.
  const ordered = [...manifests].toSorted(([, a], [, b]) => Number(isIndex(a)) - Number(isIndex(b)))
  for (const [digest, { bytes, mediaType }] of ordered)
    await client.putManifest(repository, digest, bytes, mediaType)
  for (const [tag, digest] of Object.entries(tags).filter(([name]) => wanted(name))) {
    const manifest = manifests.get(digest)
    if (manifest) await client.putManifest(repository, tag, manifest.bytes, manifest.mediaType)
  }
}

const isIndex = ({ mediaType }: { mediaType: string }) => mediaType.includes('index')

export const subjectOf = (digest: string, fields: Partial<GateSubject> = {}): GateSubject => ({
  promotion: 'j1',
  registry: 'ci',
  project: 'ci/team/app',
  repository: 'team/app',
  tag: 'v1',
  digest,
  mediaType: manifests.get(digest)?.mediaType ?? 'application/vnd.oci.image.manifest.v1+json',
  pushedAt: 1_795_449_746_518_381,
  requestedAt: 1_795_449_747_000_000,
  ...fields,
})
