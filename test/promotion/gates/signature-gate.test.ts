import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, OCI_MANIFEST } from '../../../lab/image.ts'
import { upload } from '../../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import { NOT_ALLOWED, SIGN_PREDICATE } from '../../../src/promotion/gates/check-bundle.ts'
import type { SignatureConfig } from '../../../src/promotion/gates/gate.ts'
import { makeSignatureGate } from '../../../src/promotion/gates/signature-gate.ts'
import { makeRegistryClient, type RegistryClient } from '../../../src/registry/client.ts'
import { blobs, digestOfTag, keyOf, manifests, pushCaptures, subjectOf } from './cosign-captures.ts'
import { startFakeRegistry } from './fake-registry.ts'
import { BUNDLE, makeAttachment, makeBundle, statementOf } from './make-bundle.ts'

/** What cosign 3.1.1 wrote, in a real registry without the referrers API: both forms, and what goes wrong with them. */
let registry: LabRegistry
let client: RegistryClient
const OLD_FORM = 'team/old-form'

beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  await pushCaptures(client, 'team/app')
  // Only the tag of the older form: nothing refers to the image.
  await pushCaptures(client, OLD_FORM, (tag) => /^v\d$|\.sig$/.test(tag))
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const CYCLONEDX = 'https://cyclonedx.org/bom'

const gateBy = (keys: SignatureConfig['keys'], fields: Partial<SignatureConfig> = {}, at = client) =>
  makeSignatureGate(
    { type: 'signature', keys, predicateType: SIGN_PREDICATE, ...fields },
    { clientOf: () => at },
  )

const keysOf = (names: string) => names.split(' ').map((name) => keyOf(name as 'cosign'))

describe('what cosign wrote', () => {
  test.each([
    ['v1', 'cosign', 'cosign'],
    ['v1', 'other ed25519 cosign', 'cosign'],
    ['v2', 'cosign', 'cosign'],
    ['v3', 'other', 'other'],
    ['multi', 'cosign', 'cosign'],
  ])('%s is signed by one of %s', async (tag, keys, key) => {
    const result = await gateBy(keysOf(keys)).check(subjectOf(digestOfTag(tag)))
    expect(result).toEqual({
      ...{ gate: `signature by ${keys.replaceAll(' ', ' or ')}`, state: 'open', why: `signed by ${key}` },
      evidence: {
        form: 'bundle',
        manifest: expect.stringMatching(/^sha256:/),
        blob: expect.stringMatching(/^sha256:/),
        predicateType: SIGN_PREDICATE,
        signedBy: { key },
      },
    })
  })

  test.each([
    ['v1', 'other ed25519'],
    ['v3', 'cosign'],
    ['v3', 'ed25519'],
    // cosign 3.1.1 signs with Ed25519ph, and checks Ed25519: it refuses this one, too (sigstore/cosign, pull request 5074).
    ['v2', 'ed25519'],
    // ed25519 signed v2, which is in the index, but not the index.
    ['multi', 'ed25519'],
  ])('%s is not signed by one of %s', async (tag, keys) => {
    expect(await gateBy(keysOf(keys)).check(subjectOf(digestOfTag(tag)))).toEqual({
      ...{ gate: expect.any(String), state: 'waiting', why: expect.stringContaining(NOT_ALLOWED) },
    })
  })

  test('an attestation counts only where it is wanted, and only by an allowed key', async () => {
    const attested = (tag: string, key: string) =>
      gateBy(keysOf(key), { predicateType: CYCLONEDX }).check(subjectOf(digestOfTag(tag)))
    expect(await attested('v1', 'cosign')).toMatchObject({
      gate: `attestation ${CYCLONEDX} by cosign`,
      state: 'open',
      evidence: { predicateType: CYCLONEDX, signedBy: { key: 'cosign' } },
    })
    expect(await attested('v1', 'other')).toMatchObject({ state: 'waiting' })
    expect(await attested('v2', 'cosign')).toMatchObject({
      state: 'waiting',
      why: expect.stringContaining(SIGN_PREDICATE),
    })
  })

  test('the evidence names what was found', async () => {
    const result = await gateBy(keysOf('cosign')).check(subjectOf(digestOfTag('multi')))
    expect(result.evidence).toMatchObject({
      manifest: 'sha256:b7bb158196f3e57892d29369285e093a5731f4226d408cc55a14f35779aedd0b',
      blob: 'sha256:06ecab44ec1ce842183e3e58d433d85a007e4c890d9191f1bf474388d673dfba',
    })
  })
})

describe('the older form', () => {
  const check = (tag: string, keys: string, fields: Partial<SignatureConfig> = {}) =>
    gateBy(keysOf(keys), fields).check(subjectOf(digestOfTag(tag), { repository: OLD_FORM }))

  test('by an allowed key counts', async () => {
    expect(await check('v1', 'ed25519 cosign')).toMatchObject({
      state: 'open',
      evidence: { form: 'simple signing', signedBy: { key: 'cosign' } },
    })
  })

  test('by another key does not count, nor that of another image', async () => {
    expect(await check('v1', 'ed25519 other')).toMatchObject({ state: 'waiting' })
    expect(await check('v2', 'cosign')).toMatchObject({ state: 'waiting', why: 'nobody has signed it' })
  })

  test('is no attestation', async () => {
    const result = await check('v1', 'cosign', { predicateType: CYCLONEDX })
    expect(result).toMatchObject({ state: 'waiting', why: 'nobody has signed it' })
  })

  test('of another image, under the tag of this one, does not count', async () => {
    const tag = `${digestOfTag('v1').replace(':', '-')}.sig`
    const signature = await client.getManifest(OLD_FORM, tag)
    if (signature === undefined) throw new Error('there is no signature')
    const wrong = `${digestOfTag('v3').replace(':', '-')}.sig`
    await client.putManifest(OLD_FORM, wrong, signature.bytes, OCI_MANIFEST)
    expect(await check('v3', 'cosign')).toMatchObject({
      state: 'waiting',
      why: 'no signature counts: it is of another image',
    })
  })
})

describe('what others attach', () => {
  const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = {
    name: 'mine',
    publicKey: mine.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
  const digest = digestOfTag('v1')
  const image = manifests.get(digest)
  if (image === undefined) throw new Error('there is no image')
  const subject = { mediaType: OCI_MANIFEST, digest, size: image.bytes.length }
  const good = makeBundle(mine.privateKey, statementOf([digest]))
  const junk = (n: number) => Buffer.from(`{"junk":${n}}`)

  /** A registry with the referrers API that holds v1 and bundles, in this order, in its list. `absent` are listed before the last hundred. */
  async function withBundles(bundles: Buffer[], listed = { artifactType: BUNDLE }, absent = 0) {
    const attached = bundles.map((bundle) => makeAttachment(subject, bundle))
    return startFakeRegistry({
      manifests: new Map([
        [digest, image as { bytes: Buffer; mediaType: string }],
        ...attached.map(({ digest, bytes }) => [digest, { bytes, mediaType: OCI_MANIFEST }] as const),
      ]),
      blobs: new Map(attached.flatMap((one) => one.blobs.map((blob) => [digestOf(blob), blob]))),
      referrers: [
        ...attached.slice(0, -100).map(({ digest }) => digest),
        ...Array.from({ length: absent }, (_, n) => digestOf(junk(-n))),
        ...attached.slice(-100).map(({ digest }) => digest),
      ].map((digest) => ({ mediaType: OCI_MANIFEST, digest, size: 100, ...listed })),
    })
  }

  test('one good bundle between bad ones is enough', async () => {
    const { client } = await withBundles([junk(1), good, junk(2), Buffer.from('{')])
    expect(await gateBy([key], {}, client).check(subjectOf(digest))).toMatchObject({ state: 'open' })
  })

  test('a bundle whose type the list does not tell is found, too', async () => {
    const { client } = await withBundles([good], { artifactType: 'application/vnd.oci.empty.v1+json' })
    expect(await gateBy([key], {}, client).check(subjectOf(digest))).toMatchObject({ state: 'open' })
  })

  test('a bundle of another image, attached to this one, does not count', async () => {
    const another = [...blobs.values()].filter((blob) => blob.toString().includes('dsseEnvelope'))
    const { client } = await withBundles(another.filter((blob) => !signs(blob, digest)))
    expect(await gateBy(keysOf('cosign other ed25519'), {}, client).check(subjectOf(digest))).toMatchObject({
      state: 'waiting',
      why: 'no signature counts: it is of another image (4 times)',
    })
  })

  test('a bundle over 1 MiB is not read', async () => {
    const large = makeBundle(mine.privateKey, statementOf([digest], { predicate: 'x'.repeat(1024 * 1024) }))
    const { client } = await withBundles([large])
    expect(await gateBy([key], {}, client).check(subjectOf(digest))).toMatchObject({
      state: 'waiting',
      why: 'no signature counts: the answer is longer than 1048576 bytes',
    })
  })

  test('of 10,000 bundles the last hundred are read', async () => {
    const some = Array.from({ length: 100 }, (_, n) => junk(n))
    const first = await withBundles([good, ...some], { artifactType: BUNDLE }, 9_899)
    const check = ({ client }: typeof first) => gateBy([key], {}, client).check(subjectOf(digest))
    expect(await check(first)).toMatchObject({
      state: 'waiting',
      why: 'no signature counts: it is not a bundle that can be read (100 times); there are 10000 referrers, of which the last 100 were read',
    })
    expect(first.registry.requests.length).toBeLessThan(250)
    expect(await check(await withBundles([...some, good], { artifactType: BUNDLE }, 9_899))).toMatchObject({
      state: 'open',
    })
  })

  test('of 10,000 signatures of the older form the last hundred are read, and their bytes once', async () => {
    const payload = [...blobs.values()].find((blob) => blob.includes('docker-manifest-digest'))
    if (payload === undefined) throw new Error('there is no payload')
    const config = await upload(client, 'team/app', Buffer.from('{}'))
    const layers = Array.from({ length: 10_000 }, (_, n) => ({
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      digest: digestOf(payload),
      size: payload.length,
      annotations: { 'dev.cosignproject.cosign/signature': `${n}` },
    }))
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
        layers,
      }),
    )
    const { client: fake, registry } = await startFakeRegistry({
      manifests: new Map([...manifests, [digestOf(bytes), { bytes, mediaType: OCI_MANIFEST }]]),
      blobs,
      tags: { [`${digest.replace(':', '-')}.sig`]: digestOf(bytes) },
    })
    expect(await gateBy(keysOf('other'), {}, fake).check(subjectOf(digest))).toMatchObject({
      state: 'waiting',
      why: expect.stringContaining('there are 10000 signatures, of which the last 100 were read'),
    })
    expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1)
  })

  test('an image that is not at the source waits', async () => {
    expect(await gateBy([key]).check(subjectOf(digestOf(Buffer.from('none'))))).toMatchObject({
      state: 'waiting',
      why: 'the image cannot be read: the registry does not have it',
    })
  })
})

const signs = (bundle: Buffer, digest: string): boolean =>
  Buffer.from(JSON.parse(bundle.toString()).dsseEnvelope.payload, 'base64')
    .toString()
    .includes(digest.slice('sha256:'.length))
