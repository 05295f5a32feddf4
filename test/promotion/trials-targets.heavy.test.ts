import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../lab/faulty-registry.ts'
import {
  digestOf,
  type LabImage,
  makeImage,
  makeIndex,
  makeReferrer,
  makeReferrerList,
  makeSignature,
  referrersTag,
  signatureTag,
} from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { eventually } from '../../lab/tallyman.ts'
import { DOCKER_LAYER, DOCKER_MANIFEST, SCHEMA_1_SIGNED } from '../../src/registry/manifest.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'
import { digestAt, prepare, startTrials, type Trials } from './trials-bed.ts'

/** What targets do, and what belongs to an image. The target caches what it knows of blobs, as the image of docker registry does. */
let trials: Trials

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-trials-'))
  const storage = `  filesystem: {rootdirectory: ${join(folder, 'storage')}}\n  cache: {blobdescriptor: inmemory}`
  const rule = (name: string, repository: string, tag = '{tag}', overwrite = 'newer') => ({
    ...{ name, from: { registry: 'ci', repository, tag: 'v*' }, overwrite, settle: '100ms' },
    to: { registry: 'production', repository: 'released/{repository}', tag },
  })
  trials = await startTrials({
    ci: { extra: 'compatibility: {schema1: {enabled: true}}\n' },
    production: { folder, storage, extra: 'compatibility: {schema1: {enabled: true}}\n' },
    rules: [
      rule('releases', 'team/**'),
      rule('refused', 'refused/**'),
      rule('long-tags', 'long/**', 'released-on-{tag}'),
      rule('always', 'always/**', '{tag}', 'always'),
    ],
  })
})
afterAll(() => trials?.close())

const image = (seed: string, architecture = 'amd64') =>
  makeImage({ layers: [{ seed, bytes: 2_000 }], label: seed, architecture })
const inProduction = (repository: string, tag: string) =>
  digestAt(trials.production.client, `released/${repository}`, tag)

/** Resolves to the receipt of an image, once there is one. */
async function receiptOf(repository: string, digest: string) {
  const receipts = await eventually(
    () => trials.receipts(`${repository}/`),
    (all) => all.some((receipt) => receipt.digest === digest),
  )
  return receipts.find((receipt) => receipt.digest === digest)
}

test('a layer that the target says it has, since its cache says so, is sent once garbage was collected', async () => {
  const { ci, production } = trials
  const base = { seed: 'base of two images', bytes: 30_000 }
  const [old, young] = ['old', 'young'].map((label) => makeImage({ layers: [base], label })) as [
    LabImage,
    LabImage,
  ]
  await pushImage(production.client, 'released/team/cached', 'v0', old)
  await production.client.deleteManifest('released/team/cached', old.root.digest)
  await collectGarbage(production.registry)
  const [layer = ''] = young.blobs.keys()
  expect(await production.client.headBlob('released/team/cached', layer)).toBeDefined()

  await pushImage(ci.client, 'team/cached', 'v1', young)
  const receipt = await receiptOf('team/cached', young.root.digest)
  expect(receipt?.blobs.sent.count).toBe(young.blobs.size)
  for (const [digest, bytes] of young.blobs) {
    const content = await production.client.getBlob('released/team/cached', digest)
    expect(Buffer.concat(await content.toArray()).equals(bytes)).toBe(true)
  }
})

test('what belongs to an image arrives with it, and what is attached later follows; the target keeps its own', async () => {
  const { ci, production } = trials
  const repository = 'team/signed'
  const released = image('signed')
  const [first, later, own] = ['first', 'later', 'own'].map((seed) => makeReferrer(released.root, seed)) as [
    LabImage,
    LabImage,
    LabImage,
  ]
  const { digest } = released.root
  await pushImage(production.client, `released/${repository}`, referrersTag(digest), makeReferrerList([own]))
  const signature = makeSignature(digest)
  const putRelease = await prepare(ci.client, repository, released)
  await putRelease(digest)
  await pushImage(ci.client, repository, signatureTag(digest), signature)
  await pushImage(ci.client, repository, referrersTag(digest), makeReferrerList([first]))
  await putRelease('v1')

  const receipt = await receiptOf(repository, digest)
  expect(receipt?.referrers.map((one) => one.digest).sort()).toEqual(
    [first, signature].map(({ root }) => root.digest).sort(),
  )
  expect(receipt?.tags).toMatchObject([{ tag: signatureTag(digest), digest: signature.root.digest }])
  const listed = async () =>
    (await production.client.referrers(`released/${repository}`, digest)).map((one) => one.digest)
  expect(await listed()).toEqual([own, first].map(({ root }) => root.digest))
  expect(await inProduction(repository, signatureTag(digest))).toBe(signature.root.digest)

  await pushImage(ci.client, repository, referrersTag(digest), makeReferrerList([first, later]))
  await eventually(listed, (all) => all.length === 3)
  expect(await listed()).toEqual([own, first, later].map(({ root }) => root.digest))
  for (const { blobs } of [signature, first, later])
    for (const blob of blobs.keys())
      expect(await production.client.readsBlob(`released/${repository}`, blob)).toBe(true)
})

describe('a target that will never take an image', () => {
  const STATUSES: Record<string, Fault> = {
    invalid: { status: 400, code: 'MANIFEST_INVALID' },
    denied: { status: 403, code: 'DENIED' },
    unsupported: { status: 405, code: 'UNSUPPORTED' },
    immutable: { status: 412, code: 'TAG_IMMUTABLE' },
    large: { status: 413, code: 'SIZE_INVALID' },
  }
  const LONG = `refused/${'long/'.repeat(48)}app`
  const CASES = [
    ...Object.keys(STATUSES).map((name) => ({ repository: `refused/${name}`, tag: 'v1' })),
    { repository: LONG, tag: 'v1' }, // With `released/` it has more than 255 characters.
    { repository: 'long/tag', tag: `v${'1'.repeat(120)}` }, // With `released-on-` it has more than 128.
  ]

  test('is asked once: the promotion has failed, and chat is told', async () => {
    trials.production.faults.onRequest(({ method, path }) => {
      const [, name = ''] = /^\/v2\/released\/refused\/(\w+)\/manifests\//.exec(path) ?? []
      return method === 'PUT' ? STATUSES[name] : undefined
    })
    for (const { repository, tag } of CASES)
      await pushImage(trials.ci.client, repository, tag, image('refused'))
    await trials.heard()
    for (const { repository, tag } of CASES) {
      const [promotion] = await trials.ended(`${repository}/`)
      expect(promotion).toMatchObject({ state: 'failed', attempts: 1 })
      await eventually(
        async () => trials.messages,
        (all) =>
          all.some((text) =>
            text.includes(`ci/${repository}:${tag}@${image('refused').root.digest} was not promoted`),
          ),
      )
    }
    trials.production.faults.reset()
  })
})

test('an image of schema 1, which states no sizes, is promoted', async () => {
  const { ci, production } = trials
  const repository = 'team/old'
  const layer = Buffer.from('layer of an old image')
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: 'amd64', os: 'linux', history: [{ created_by: 'test' }] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  const part = (mediaType: string, bytes: Buffer) => ({
    ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
  })
  for (const bytes of [config, layer]) await upload(ci.client, repository, bytes)
  const manifest = {
    ...{ schemaVersion: 2, mediaType: DOCKER_MANIFEST, layers: [part(DOCKER_LAYER, layer)] },
    config: part('application/vnd.docker.container.image.v1+json', config),
  }
  await ci.client.putManifest(repository, 'new', Buffer.from(JSON.stringify(manifest)), DOCKER_MANIFEST)
  // Without an Accept header the registry converts it, as `skopeo copy --format v2s1` does.
  const answer = await fetch(`${ci.registry.url}/v2/${repository}/manifests/new`)
  expect(answer.headers.get('content-type')).toBe(SCHEMA_1_SIGNED)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const digest = await ci.client.putManifest(repository, 'v1', bytes, SCHEMA_1_SIGNED)

  const receipt = await receiptOf(repository, digest)
  expect(receipt?.blobs.sent).toEqual({ count: 1, bytes: layer.length })
  expect(await production.client.readsBlob(`released/${repository}`, digestOf(layer))).toBe(true)
  expect(await inProduction(repository, 'v1')).toBeDefined()
})

describe('a tag that loses platforms', () => {
  test.each(['team/lost', 'always/lost'])(
    'loses them in production too, and the receipt says so: %s',
    async (repository) => {
      const { client } = trials.ci
      const [amd64, arm64] = [image(repository), image(repository, 'arm64')]
      const index = makeIndex([
        { image: amd64, architecture: 'amd64' },
        { image: arm64, architecture: 'arm64' },
      ])
      await pushImage(client, repository, 'v1', index)
      const whole = await receiptOf(repository, index.root.digest)
      expect(whole).not.toHaveProperty('lostPlatforms')
      await pushImage(client, repository, 'v1', amd64)
      expect(await receiptOf(repository, amd64.root.digest)).toMatchObject({
        ...{ replaced: index.root.digest, lostPlatforms: ['linux/arm64'] },
      })
      await pushImage(client, repository, 'v1', index)
      const mended = await eventually(
        () => trials.receipts(`${repository}/`),
        (all) => all.length === 3,
      )
      expect(mended[0]).not.toHaveProperty('lostPlatforms')
    },
  )
})
