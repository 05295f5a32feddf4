import { expect, test } from 'vitest'
import {
  digestOf,
  type LabImage,
  makeIndex,
  makeReferrer,
  makeReferrerList,
  makeSignature,
  OCI_INDEX,
  OCI_MANIFEST,
  referrersTag,
  signatureTag,
} from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { FROM, imageOf, indexOf, useCopyBed } from './copy-bed.ts'

const bed = useCopyBed()
const WITH = { referrers: true }

/** Pushes what belongs to an image as clients do where the registry has no referrers API. */
async function attach(subject: LabImage, seed: string): Promise<LabImage> {
  const referrer = makeReferrer(subject.root, seed)
  await pushImage(bed.source, FROM, referrer.root.digest, referrer)
  await bed.source.addReferrers(FROM, subject.root.digest, [
    { ...referrer.root, artifactType: 'application/vnd.in-toto+json' },
  ])
  return referrer
}

async function sign(subject: LabImage): Promise<LabImage> {
  const signature = makeSignature(subject.root.digest)
  await pushImage(bed.source, FROM, signatureTag(subject.root.digest), signature)
  return signature
}

const listed = async (to: string, subject: LabImage) =>
  (await bed.target.referrers(to, subject.root.digest)).map(({ digest }) => digest)

const tagged = async (to: string, tag: string) => (await bed.target.headManifest(to, tag))?.digest

test('signatures, attestations and what belongs to these come along, also of children', async () => {
  const { to, seed } = bed.fresh()
  const child = imageOf(seed)
  const index = await bed.pushed(
    makeIndex([
      { image: child, architecture: 'amd64' },
      { image: imageOf(seed, 'arm64'), architecture: 'arm64' },
    ]),
  )
  const signature = await sign(index)
  const sbom = await attach(index, `${seed} SBOM`)
  const signatureOfSbom = await sign(sbom)
  const attestation = await attach(child, `${seed} attestation`)
  const ofAttestation = await attach(attestation, `${seed} of the attestation`)

  const copied = await bed.copy(index.root.digest, to, WITH)
  for (const image of [index, signature, sbom, signatureOfSbom, attestation, ofAttestation])
    await bed.expectWhole(image, to)
  expect(await tagged(to, signatureTag(index.root.digest))).toBe(signature.root.digest)
  expect(await tagged(to, signatureTag(sbom.root.digest))).toBe(signatureOfSbom.root.digest)
  expect(await listed(to, index)).toEqual([sbom.root.digest])
  expect(await listed(to, child)).toEqual([attestation.root.digest])
  expect(await listed(to, attestation)).toEqual([ofAttestation.root.digest])
  const inToto = 'application/vnd.in-toto+json'
  expect(copied.referrers).toContainEqual({
    ...{ digest: sbom.root.digest, subject: index.root.digest, artifactType: inToto },
  })
  expect(copied.referrers).toHaveLength(5)
  expect(copied.tags).toHaveLength(2)
  expect(copied.tags).toContainEqual({
    ...{ tag: signatureTag(index.root.digest), digest: signature.root.digest, outcome: 'written' },
  })
  expect(copied.manifests.indexOf(index.root.digest)).toBe(2)
  const tags = await Array.fromAsync(bed.target.tags(to))
  expect(tags.filter((tag) => !tag.startsWith('sha256-'))).toEqual([])

  const again = await bed.copy(index.root.digest, to, WITH)
  expect(again.tags.map(({ outcome }) => outcome)).toEqual(['present', 'present'])
  expect(again.blobs.sent.count).toBe(0)
})

test('nothing of it comes along if that is not wanted', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  await sign(image)
  const copied = await bed.copy(image.root.digest, to)
  expect(copied.manifests).toEqual([image.root.digest])
  expect(await tagged(to, signatureTag(image.root.digest))).toBeUndefined()
})

test('a list of referrers keeps what the target has in it, and says of each what its manifest says', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const ours = await attach(image, `${seed} ours`)
  const theirs = makeReferrer(image.root, `${seed} theirs`)
  const list = makeReferrerList([theirs])
  await pushImage(bed.target, to, referrersTag(image.root.digest), list)
  await bed.copy(image.root.digest, to, WITH)
  expect(await listed(to, image)).toEqual([theirs.root.digest, ours.root.digest])
  const merged = await bed.target.getManifest(to, referrersTag(image.root.digest))
  expect(JSON.parse(merged?.bytes.toString() ?? '{}').manifests[1]).toEqual({
    ...{ mediaType: OCI_MANIFEST, digest: ours.root.digest, size: ours.root.size },
    artifactType: 'application/vnd.in-toto+json',
  })
})

test('referrers that were pushed later follow, also if the source has deleted the image', async () => {
  const { to, seed } = bed.fresh()
  const { copyImage, copyReferrers } = makeCopier()
  const image = await bed.pushed(imageOf(seed))
  const early = await attach(image, `${seed} early`)
  await copyImage(bed.request(image.root.digest, to, WITH))
  const late = await attach(image, `${seed} late`)
  const signature = await sign(image)
  await bed.source.deleteManifest(FROM, image.root.digest)
  const request = bed.request(image.root.digest, to)
  const copied = await copyReferrers(request)
  expect(await listed(to, image)).toEqual([early.root.digest, late.root.digest])
  expect(await tagged(to, signatureTag(image.root.digest))).toBe(signature.root.digest)
  await bed.expectWhole(late, to)
  expect(copied.manifests).toEqual(expect.arrayContaining([late.root.digest, signature.root.digest]))
  expect(copied.manifests).not.toContain(image.root.digest)
  expect((await copyReferrers(request)).blobs.sent.count).toBe(0)
})

/** A signature of an image whose layers carry these values, all of the same payload as cosign's are. */
async function signedBy(
  values: string[],
  push: { repository: string; to: 'source' | 'target'; tag: string },
) {
  const payload = Buffer.from('payload')
  const blobs = [Buffer.from('{}'), payload]
  const client = bed[push.to]
  for (const blob of blobs) await upload(client, push.repository, blob)
  const layers = values.map((value) => ({
    ...{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: digestOf(payload) },
    ...{ size: payload.length, annotations: { 'dev.cosignproject.cosign/signature': value } },
  }))
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(Buffer.from('{}')),
    size: 2,
  }
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }))
  return client.putManifest(push.repository, push.tag, bytes, OCI_MANIFEST)
}

test.each([
  ['has all signatures of the target', ['a', 'b'], ['a'], 'written'],
  ['lacks a signature of the target', ['a'], ['a', 'b'], 'kept'],
  ['has another signature', ['a'], ['b'], 'kept'],
] as const)('a signature tag that %s', async (_, ours, theirs, outcome) => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const tag = signatureTag(image.root.digest)
  const at = {
    source: { repository: FROM, to: 'source' as const, tag },
    target: { repository: to, to: 'target' as const, tag },
  }
  const source = await signedBy([...ours], at.source)
  const target = await signedBy([...theirs], at.target)
  const copied = await bed.copy(image.root.digest, to, WITH)
  const digest = outcome === 'written' ? source : target
  expect(copied.tags).toEqual([{ tag, digest, outcome }])
  expect(await tagged(to, tag)).toBe(digest)
  // What the source has is at the target in any case, by its digest.
  expect(await bed.target.headManifest(to, source)).toBeDefined()
})

test('a signature tag that the target does not let move is kept', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const tag = signatureTag(image.root.digest)
  await signedBy(['a', 'b'], { repository: FROM, to: 'source', tag })
  const before = await signedBy(['a'], { repository: to, to: 'target', tag })
  bed.production.onRequest(({ method, path }) => (method === 'PUT' && path.endsWith(tag) ? 412 : undefined))
  const copied = await bed.copy(image.root.digest, to, WITH)
  expect(copied.tags).toEqual([{ tag, digest: before, outcome: 'kept' }])
})

test('a list that names what is not there, or what is no manifest, does not stop an image', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const good = await attach(image, seed)
  const absent = makeReferrer(image.root, `${seed} absent`)
  const broken = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], layers: [] }),
  )
  const client = {
    ...bed.source,
    getManifest: async (repository: string, reference: string) =>
      reference === digestOf(broken)
        ? { bytes: broken, descriptor: { mediaType: OCI_INDEX, digest: reference, size: broken.length } }
        : bed.source.getManifest(repository, reference),
    referrers: async (repository: string, subject: string) => [
      ...(await bed.source.referrers(repository, subject)),
      ...(subject === image.root.digest ? [absent.root, { ...absent.root, digest: digestOf(broken) }] : []),
    ],
  }
  const copied = await bed.copy(image.root.digest, to, { ...WITH, source: { client, repository: FROM } })
  expect(copied.leftBehind).toHaveLength(2)
  const leftBehind = expect.arrayContaining([
    { digest: absent.root.digest, reason: expect.stringContaining('is not in its registry') },
    { digest: digestOf(broken), reason: expect.stringContaining('both an image and an index') },
  ])
  expect(copied.leftBehind).toEqual(leftBehind)
  expect(await listed(to, image)).toEqual([good.root.digest])
})

test('two copies that add to one list at the same time lose nothing', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const referrers = []
  for (const n of [1, 2, 3]) referrers.push((await attach(image, `${seed} ${n}`)).root.digest)
  const { copyImage, copyReferrers } = makeCopier()
  await copyImage(bed.request(image.root.digest, to))
  const request = bed.request(image.root.digest, to)
  await Promise.all([copyReferrers(request), copyReferrers(request), copyImage({ ...request, ...WITH })])
  expect(await listed(to, image)).toEqual(referrers)
})

test('an index signed with its children has a signature for each at the target', async () => {
  const { to, seed } = bed.fresh()
  const index = await bed.pushed(indexOf(seed))
  for (const [digest] of index.manifests)
    await pushImage(bed.source, FROM, signatureTag(digest), makeSignature(digest))
  const copied = await bed.copy(index.root.digest, to, WITH)
  expect(copied.tags.map(({ tag }) => tag).sort()).toEqual(
    [...index.manifests.keys()].map(signatureTag).sort(),
  )
  const other = makeRegistryClient({ name: 'other', url: bed.production.url })
  for (const [digest] of index.manifests)
    expect((await other.headManifest(to, signatureTag(digest)))?.digest).toBe(
      makeSignature(digest).root.digest,
    )
  await other.close()
})
