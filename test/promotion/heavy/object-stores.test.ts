import { buffer } from 'node:stream/consumers'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type LabImage,
  makeImage,
  makeReferrer,
  makeReferrerList,
  makeSignature,
  OCI_MANIFEST,
  referrersTag,
  seededBytes,
  signatureTag,
} from '../../../lab/image.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { startRgw } from '../../../lab/rgw.ts'
import { hasSwift, startSwift } from '../../../lab/swift.ts'
import { eventually } from '../../../lab/tallyman.ts'
import { hasS3 } from '../../store/s3-bed.ts'
import { imageFrom, part, shapes } from '../image-shapes.ts'
import { digestAt, startTrials, type Trials } from '../trials-bed.ts'

/** The whole service promotes to a docker-registry whose storage is a real object store. */
interface ObjectStore {
  /** The section of docker-registry's configuration. */
  storage: string
  /** The keys of all objects, and of uploads to the store that were not ended. */
  keys(): Promise<string[]>
  close(): Promise<void>
}

if (!hasSwift)
  process.stderr.write(
    'Promotion to a registry on Swift: skipped, because Swift is not installed. As root on Debian, LAB_SWIFT=1 installs it (380 MB).\n',
  )

const MB = 1_000_000

/** Neither driver of 2.8 stores a blob without content: the registry answers 500, whoever sends it, however it is sent. */
const stored = Object.entries(shapes).filter(([name]) => name !== 'an empty layer, listed twice')

describe.runIf(hasS3)('to a registry on the RADOS Gateway', () => promotesTo(startOnRgw))
describe.runIf(hasSwift)('to a registry on Swift', () => promotesTo(startOnSwift))

function promotesTo(start: () => Promise<ObjectStore>) {
  let store: ObjectStore
  let trials: Trials
  beforeAll(async () => {
    store = await start()
    trials = await startTrials({
      production: { storage: store.storage },
      rules: [
        {
          name: 'releases',
          from: { registry: 'ci', repository: 'team/**', tag: 'v*' },
          to: { registry: 'production', repository: 'released/{repository}' },
          settle: '100ms',
        },
      ],
    })
  })
  afterAll(async () => {
    await trials?.close()
    await store?.close()
  })

  /** The promotion of a repository's only image, once it has ended. */
  async function promoted(repository: string) {
    const [promotion] = await trials.ended(`${repository}/`)
    const [receipt] = await trials.receipts(`${repository}/`)
    return { state: promotion?.state, why: promotion?.why, attempts: promotion?.attempts, receipt }
  }

  async function expectWhole(image: LabImage, repository: string) {
    const { client } = trials.production
    for (const [digest, { bytes }] of image.manifests)
      expect((await client.getManifest(repository, digest))?.bytes).toEqual(bytes)
    for (const [digest, bytes] of image.blobs)
      expect(bytes.equals(await buffer(await client.getBlob(repository, digest)))).toBe(true)
  }

  /** What was written to a repository of the target, in this order. */
  const writes = (repository: string) =>
    trials.production.faults.requests.filter(
      (line) => /^P(UT|OST|ATCH) /.test(line) && line.includes(`/v2/${repository}/`),
    )

  /** The ids of uploads of which the registry still has something. */
  async function leftUploads(repository: string): Promise<string[]> {
    const ids = (await store.keys()).map((key) => key.split(`/${repository}/_uploads/`)[1]?.split('/')[0])
    return [...new Set(ids.filter((id) => id !== undefined))]
  }

  test.each(stored)('%s arrives whole, and its tag is written once and last', async (name, make) => {
    const repository = `team/${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
    const image = make(name)
    await pushImage(trials.ci.client, repository, 'v1', image)
    expect(await promoted(repository)).toMatchObject({
      state: 'done',
      attempts: 1,
      receipt: { digest: image.root.digest },
    })
    await expectWhole(image, `released/${repository}`)
    expect(await digestAt(trials.production.client, `released/${repository}`, 'v1')).toBe(image.root.digest)
    const written = writes(`released/${repository}`)
    const tag = `PUT /v2/released/${repository}/manifests/v1`
    expect(written.filter((line) => line === tag)).toHaveLength(1)
    expect(written.at(-1)).toBe(tag)
    expect(await leftUploads(repository)).toEqual([])
  })

  test('signatures by tag and by referrer arrive with the image, and one that is made later follows', async () => {
    const repository = 'team/signed'
    const { client } = trials.ci
    const image = makeImage({ layers: [{ seed: 'signed', bytes: 5_000 }] })
    const { digest } = image.root
    const [signature, sbom, later] = [
      makeSignature(digest),
      makeReferrer(image.root, 'SBOM'),
      makeReferrer(image.root, 'later'),
    ]
    await pushImage(client, repository, signatureTag(digest), signature)
    await pushImage(client, repository, referrersTag(digest), makeReferrerList([sbom]))
    await pushImage(client, repository, 'v1', image)
    const { receipt } = await promoted(repository)
    expect(receipt?.referrers).toHaveLength(2)

    const target = `released/${repository}`
    expect(await digestAt(trials.production.client, target, signatureTag(digest))).toBe(signature.root.digest)
    expect(writes(target).at(-1)).toBe(`PUT /v2/${target}/manifests/v1`)
    await pushImage(client, repository, referrersTag(digest), makeReferrerList([sbom, later]))
    const listed = async () =>
      (await trials.production.client.referrers(target, digest)).map((one) => one.digest)
    await eventually(listed, (all) => all.length === 2)
    expect(await listed()).toEqual([sbom, later].map(({ root }) => root.digest))
    for (const one of [image, signature, sbom, later]) await expectWhole(one, target)
  })

  /** An image with a layer of 100 MB and a small one. */
  function largeImage(seed: string): LabImage {
    const layers = [
      Buffer.alloc(100 * MB, seededBytes(seed, 1_000_003)),
      Buffer.from(`small layer of ${seed}`),
    ]
    const config = Buffer.from(JSON.stringify({ seed }))
    const body = {
      config: part('application/vnd.oci.image.config.v1+json', config),
      layers: layers.map((layer) => part('application/vnd.oci.image.layer.v1.tar', layer)),
    }
    return imageFrom({ mediaType: OCI_MANIFEST, ...body }, [...layers, config])
  }

  test('a blob of 100 MB, whose connection breaks within it, arrives at the first attempt', async () => {
    const repository = 'team/large'
    const image = largeImage(repository)
    let breaks = 0
    trials.production.faults.onRequest(({ method, path }) =>
      method === 'PATCH' && path.includes(`/released/${repository}/`) && ++breaks === 1
        ? { takes: 60 * MB }
        : undefined,
    )
    await pushImage(trials.ci.client, repository, 'v1', image)
    expect(await promoted(repository)).toMatchObject({ state: 'done', attempts: 1 })
    expect(breaks).toBeGreaterThan(1)
    await expectWhole(image, `released/${repository}`)
    // 2.8 keeps an upload whose request broke, and lets nobody cancel it (docs/registries.md).
    expect((await leftUploads(repository)).length).toBeLessThanOrEqual(1)
  })

  test('a copy that broke shows no tag, and the next attempt sends only what is missing', async () => {
    const repository = 'team/broken'
    const target = `released/${repository}`
    const image = largeImage(repository)
    const { client, faults } = trials.production
    let breaks = 0
    faults.onRequest(({ method, path }) => {
      if (method !== 'PATCH' || !path.includes(`/${target}/`)) return undefined
      breaks += 1
      return { takes: 30 * MB }
    })
    await pushImage(trials.ci.client, repository, 'v1', image)
    await eventually(
      () => trials.promotions(`${repository}/`),
      ([promotion]) => promotion?.attempts === 1,
    )
    expect(await digestAt(client, target, 'v1')).toBeUndefined()
    faults.reset()
    expect(await promoted(repository)).toMatchObject({
      ...{ state: 'done', attempts: 2 },
      receipt: { blobs: { sent: { count: 1, bytes: 100 * MB }, present: { count: 2 } } },
    })
    await expectWhole(image, target)
    expect(writes(target).at(-1)).toBe(`PUT /v2/${target}/manifests/v1`)
    expect((await leftUploads(repository)).length).toBeLessThanOrEqual(breaks)
  })

  test('a manifest that the target does not take at first is sent again without any blob', async () => {
    const repository = 'team/refused'
    const target = `released/${repository}`
    const image = makeImage({ layers: [{ seed: repository, bytes: 5_000 }] })
    const { client, faults } = trials.production
    faults.onRequest(({ method, path }) =>
      method === 'PUT' && path.includes(`/${target}/manifests/`) ? 500 : undefined,
    )
    await pushImage(trials.ci.client, repository, 'v1', image)
    await eventually(
      () => trials.promotions(`${repository}/`),
      ([promotion]) => promotion?.attempts === 1,
    )
    expect(await digestAt(client, target, 'v1')).toBeUndefined()
    faults.reset()
    expect(await promoted(repository)).toMatchObject({ state: 'done', attempts: 2 })
    expect(writes(target).filter((line) => line.includes('/blobs/'))).toEqual([])
    await expectWhole(image, target)
  })
}

const ROOT = '/below/this'

async function startOnRgw(): Promise<ObjectStore> {
  const rgw = await startRgw()
  const { endpoint, region, credentials } = rgw
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const bucket = { Bucket: 'registry' }
  await client.send(new CreateBucketCommand(bucket))
  return {
    storage: `  s3:
    region: ${region}
    regionendpoint: ${endpoint}
    bucket: ${bucket.Bucket}
    accesskey: ${credentials.accessKeyId}
    secretkey: ${credentials.secretAccessKey}
    secure: false
    rootdirectory: ${ROOT}`,
    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command(bucket))
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(bucket))
      return [...Contents, ...Uploads].map(({ Key = '' }) => Key)
    },
    async close() {
      client.destroy()
      await rgw.close()
    },
  }
}

async function startOnSwift(): Promise<ObjectStore> {
  const swift = await startSwift()
  return {
    storage: `  swift:
    authurl: ${swift.authUrl}
    username: ${swift.username}
    password: ${swift.password}
    container: ${swift.container}
    prefix: ${ROOT}`,
    async keys() {
      const { headers } = await fetch(swift.authUrl, {
        headers: { 'x-storage-user': swift.username, 'x-storage-pass': swift.password },
      })
      const answer = await fetch(`${headers.get('x-storage-url')}/${swift.container}`, {
        headers: { 'x-auth-token': headers.get('x-auth-token') ?? '' },
      })
      return (await answer.text()).split('\n')
    },
    close: () => swift.close(),
  }
}
