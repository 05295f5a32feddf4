import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, type LabImage, makeImage, makeIndex, OCI_INDEX, OCI_MANIFEST } from '../../../lab/image.ts'
import { pushImage, upload } from '../../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import { makeReferrerGate } from '../../../src/promotion/gates/referrer-gate.ts'
import { makeAnnotationGate, makeLabelGate } from '../../../src/promotion/gates/text-gates.ts'
import { makeRegistryClient, type RegistryClient } from '../../../src/registry/client.ts'
import { digestOfTag, pushCaptures, subjectOf } from './cosign-captures.ts'

/** Gates that read manifests and configs, at a real registry. */
let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const REPOSITORY = 'team/app'
const REVISION = 'org.opencontainers.image.revision'
const deps = { clientOf: () => client, now: () => 1_795_500_000_000_000 }
const layers = [{ seed: 'a', bytes: 10 }]
const labelled = (label: string, architecture = 'amd64') => makeImage({ layers, label, architecture })

const label = (labels: Record<string, string>, digest: string) =>
  makeLabelGate({ labels }, deps).check(subjectOf(digest))

async function pushed(image: LabImage): Promise<string> {
  await pushImage(client, REPOSITORY, 'v1', image)
  return image.root.digest
}

/** Puts a manifest that has blobs of its own. */
async function put(body: object, mediaType = OCI_MANIFEST): Promise<string> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
  await client.putManifest(REPOSITORY, digestOf(bytes), bytes, mediaType)
  return digestOf(bytes)
}

async function blob(mediaType: string, text: string) {
  const bytes = Buffer.from(text)
  return { mediaType, digest: await upload(client, REPOSITORY, bytes), size: bytes.length }
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const IN_TOTO = 'application/vnd.in-toto+json'

const child = (digest: string) => ({ mediaType: OCI_MANIFEST, digest, size: 100 })

describe('labels', () => {
  test.each([
    ['1.2.*', 'open', 'it has them'],
    ['*', 'open', 'it has them'],
    ['2.*', 'closed', `has the label ${REVISION}=1.2.3`],
  ])('%s of an image with 1.2.3', async (wildcard, state, why) => {
    const digest = await pushed(labelled('1.2.3'))
    expect(await label({ [REVISION]: wildcard }, digest)).toMatchObject({
      ...{ gate: `label ${REVISION}=${wildcard}`, state },
      why: expect.stringContaining(why),
    })
  })

  test('all of several must be there', async () => {
    const digest = await pushed(labelled('1.2.3'))
    expect(await label({ [REVISION]: '*', team: '*' }, digest)).toMatchObject({
      state: 'closed',
      why: `${digest} has no label team`,
    })
    expect(await label({ constructor: '*' }, digest)).toMatchObject({ state: 'closed' })
  })

  test('of an index, every image must have them', async () => {
    const [good, bad] = [labelled('1.2.3'), labelled('0.9', 'arm64')]
    const both = makeIndex([
      { image: good, architecture: 'amd64' },
      { image: labelled('1.2.4', 'arm64'), architecture: 'arm64' },
    ])
    expect(await label({ [REVISION]: '1.2.*' }, await pushed(both))).toMatchObject({
      ...{ state: 'open', evidence: { labels: { [REVISION]: '1.2.*' }, images: 2 } },
    })
    const one = makeIndex([
      { image: good, architecture: 'amd64' },
      { image: bad, architecture: 'arm64' },
    ])
    expect(await label({ [REVISION]: '1.2.*' }, await pushed(one))).toMatchObject({
      ...{ state: 'closed', why: `${bad.root.digest} has the label ${REVISION}=0.9` },
    })
  })

  test('of an index in an index, too', async () => {
    const bad = makeIndex([{ image: labelled('0.9'), architecture: 'amd64' }])
    await pushed(bad)
    const outer = await put({ manifests: [{ ...child(bad.root.digest), mediaType: OCI_INDEX }] }, OCI_INDEX)
    expect(await label({ [REVISION]: '1.2.*' }, outer)).toMatchObject({ state: 'closed' })
    expect(await label({ [REVISION]: '0.*' }, outer)).toMatchObject({ state: 'open' })
  })

  test('an attestation in an index has none, and an image that calls itself one must have them', async () => {
    const digest = await pushed(labelled('1.2.3'))
    const config = await blob(CONFIG, '{}')
    const attestation = await put({ config, layers: [await blob(IN_TOTO, '{"_type":"x"}')] })
    const mark = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }
    const platform = { os: 'unknown', architecture: 'unknown' }
    const attested = await put(
      { manifests: [child(digest), { ...child(attestation), ...mark, platform }] },
      OCI_INDEX,
    )
    expect(await label({ [REVISION]: '1.2.*' }, attested)).toMatchObject({ state: 'open' })

    const disguised = await put({
      ...{ artifactType: IN_TOTO, config, ...mark },
      layers: [await blob(IN_TOTO, '{}'), await blob(LAYER, 'program')],
    })
    const index = await put(
      { manifests: [child(digest), { ...child(disguised), ...mark, platform }] },
      OCI_INDEX,
    )
    expect(await label({ [REVISION]: '1.2.*' }, index)).toMatchObject({
      ...{ state: 'closed', why: `${disguised} has no label ${REVISION}` },
    })
  })

  test('an artifact, and an index of nothing, have none', async () => {
    const artifact = await put({ config: await blob('application/vnd.example', '{}'), layers: [] })
    expect(await label({ [REVISION]: '*' }, artifact)).toMatchObject({ state: 'closed' })
    expect(await label({ [REVISION]: '*' }, await put({ manifests: [] }, OCI_INDEX))).toMatchObject({
      ...{ state: 'closed', why: 'it has no image, so no labels' },
    })
  })

  test('what cannot be read now waits', async () => {
    const none = digestOf(Buffer.from('none'))
    expect(await label({ [REVISION]: '*' }, none)).toMatchObject({
      ...{ state: 'waiting', why: `${none} cannot be read: the registry does not have it` },
    })
    const damaged = await put({ config: await blob(CONFIG, 'x'), layers: [] })
    expect(await label({ [REVISION]: '*' }, damaged)).toMatchObject({
      ...{ state: 'waiting', why: `${damaged}: its config is not a JSON object` },
    })
  })

  test('of more manifests than are read, it waits', async () => {
    const digest = await pushed(labelled('1.2.3'))
    const config = await blob(CONFIG, '{"config":{"Labels":{"a":"b"}}}')
    const more = await Promise.all(
      Array.from({ length: 201 }, (_, n) => put({ config, layers: [], annotations: { n: `${n}` } })),
    )
    const index = await put({ manifests: [digest, ...more].map(child) }, OCI_INDEX)
    expect(await label({ a: '*' }, index)).toMatchObject({
      ...{ state: 'waiting', why: 'it has more than 200 manifests' },
    })
  })
})

test('annotations of an index are those of the index', async () => {
  const image = await put({ config: await blob(CONFIG, '{}'), layers: [], annotations: { stage: 'tested' } })
  const index = await put({ manifests: [child(image)], annotations: { stage: 'released' } }, OCI_INDEX)
  const check = (digest: string, stage: string) =>
    makeAnnotationGate({ annotations: { stage } }, deps).check(subjectOf(digest))
  expect(await check(image, 'test*')).toMatchObject({ gate: 'annotation stage=test*', state: 'open' })
  expect(await check(index, 'released')).toMatchObject({ state: 'open' })
  expect(await check(index, 'test*')).toMatchObject({
    ...{ state: 'closed', why: 'it has the annotation stage=released' },
  })
  const without = await pushed(labelled('x'))
  expect(await check(without, '*')).toMatchObject({ state: 'closed', why: 'it has no annotation stage' })
  expect(await check(digestOf(Buffer.from('none')), '*')).toMatchObject({ state: 'waiting' })
})

describe('a referrer', () => {
  const BUNDLE = 'application/vnd.dev.sigstore.bundle.*'
  const check = (artifactType: string, digest: string) =>
    makeReferrerGate({ artifactType }, deps).check(subjectOf(digest))

  test('of the type opens, although the list of cosign does not tell it', async () => {
    await pushCaptures(client, REPOSITORY)
    expect(await check(BUNDLE, digestOfTag('v1'))).toMatchObject({
      ...{ gate: `referrer ${BUNDLE}`, state: 'open' },
      evidence: {
        digest: expect.stringMatching(/^sha256:/),
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      },
    })
  })

  test('of another type does not', async () => {
    await pushCaptures(client, REPOSITORY)
    expect(await check('application/spdx+json', digestOfTag('v1'))).toMatchObject({
      ...{ state: 'waiting', why: 'no application/spdx+json refers to it' },
    })
  })

  test('that is only listed, and refers to another image, does not', async () => {
    const subject = { ...child(digestOfTag('v2')), size: 555 }
    const sbom = await put({
      ...{ artifactType: 'application/spdx+json', subject, layers: [] },
      config: await blob('application/vnd.oci.empty.v1+json', '{}'),
    })
    const image = await pushed(labelled('listed'))
    const list = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: OCI_INDEX },
        manifests: [{ ...child(sbom), artifactType: 'application/spdx+json' }],
      }),
    )
    await client.putManifest(REPOSITORY, image.replace(':', '-'), list, OCI_INDEX)
    expect(await check('application/spdx+json', image)).toMatchObject({ state: 'waiting' })
  })

  test('is also one whose config tells the type', async () => {
    const image = await pushed(labelled('config'))
    const sbom = await put({
      ...{ subject: { ...child(image), size: 100 }, layers: [] },
      config: await blob('application/spdx+json', '{}'),
    })
    const list = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child(sbom)] }),
    )
    await client.putManifest(REPOSITORY, image.replace(':', '-'), list, OCI_INDEX)
    expect(await check('application/spdx+json', image)).toMatchObject({ state: 'open' })
  })
})
