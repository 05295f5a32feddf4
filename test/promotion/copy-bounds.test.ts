import { expect, test } from 'vitest'
import { digestOf, OCI_INDEX, OCI_MANIFEST } from '../../lab/image.ts'
import { type CopyRequest, makeCopier } from '../../src/promotion/copy/copy-image.ts'
import type { ReferrerLimits } from '../../src/promotion/copy/copy-referrers.ts'
import { GRAPH_LIMITS } from '../../src/promotion/copy/read-graph.ts'
import { closureOf, type Graph, push } from './copy-graphs.ts'
import { makeMemoryRegistry } from './copy-memory-registry.ts'

const FROM = 'team/app'
const TO = 'released/app'
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 }
const IMAGE: Graph['drafts'][number] = {
  kind: 'image',
  blobs: [],
  below: [],
  subject: undefined,
  tagOf: undefined,
}

function setUp() {
  const source = makeMemoryRegistry()
  const target = makeMemoryRegistry({ allowsAbsentChildren: true })
  const request = (digest: string): CopyRequest => ({
    source: { client: source.client, repository: FROM },
    target: { client: target.client, repository: TO },
    ...{ sameRegistry: false, digest, sparse: 'refuse', verify: 'sample', referrers: true },
    mountFrom: async () => [],
  })
  const copy = (digest: string, changes: Partial<CopyRequest> = {}) =>
    makeCopier().copyImage({ ...request(digest), ...changes })
  const copyReferrers = (digest: string, limits: ReferrerLimits) =>
    makeCopier().copyReferrers({ ...request(digest), limits })
  const index = (manifests: object[]) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }))
    source.repository(FROM).manifests.set(digestOf(bytes), { bytes, mediaType: OCI_INDEX })
    return { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length }
  }
  return { source, target, copy, copyReferrers, index }
}

test('two lists of a thousand entries in one another are not a million copies', async () => {
  const { target, copy, index } = setUp()
  const inner = Array.from({ length: 1_000 }, (_, n) => index([{ ...index([]), annotations: { n: `${n}` } }]))
  const middle = Array.from({ length: 2 }, (_, n) =>
    index(inner.map((one) => ({ ...one, annotations: { n } }))),
  )
  const root = index(middle)
  const copied = await copy(root.digest, { referrers: false })
  expect(copied.manifests).toHaveLength(1 + 2 + 1_000 + 1)
  expect(target.calls.filter((call) => call.startsWith('putManifest'))).toHaveLength(1_004)
})

test('an image of too many manifests is refused before anything is sent', async () => {
  const { target, copy, index } = setUp()
  const many = Array.from({ length: GRAPH_LIMITS.manifests }, (_, n) =>
    index([{ ...index([]), annotations: { n } }]),
  )
  await expect(copy(index(many).digest)).rejects.toMatchObject({ code: 'too much', retry: false })
  expect(target.calls).toEqual([])
})

test('indexes that are nested too deep are refused before anything is sent', async () => {
  const { target, copy, index } = setUp()
  const nested = (levels: number): ReturnType<typeof index> => index(levels === 1 ? [] : [nested(levels - 1)])
  await expect(copy(nested(GRAPH_LIMITS.levels + 1).digest)).rejects.toMatchObject({ code: 'too much' })
  expect(target.calls).toEqual([])
  expect((await copy(nested(GRAPH_LIMITS.levels).digest)).manifests).toHaveLength(GRAPH_LIMITS.levels)
})

test('an image with too many referrers is refused', async () => {
  const { source, target, copy } = setUp()
  const drafts = [IMAGE, ...Array.from({ length: 1_001 }, (_, n) => ({ ...IMAGE, subject: n + 1 }))]
  const { root } = await push({ drafts, root: 0 }, source, FROM)
  await expect(copy(root)).rejects.toMatchObject({ code: 'too much', retry: false })
  expect([...target.repository(TO).tags]).toEqual([])
  const limits = { count: 1_001, bytes: 1_000_000 }
  expect((await copy(root, { limits })).referrers).toHaveLength(1_001)
})

/** A layer of 5,000 bytes of which its manifest states 1. */
async function pushLarge({ source }: ReturnType<typeof setUp>): Promise<string> {
  const { root } = await push({ drafts: [IMAGE], root: 0 }, source, FROM)
  const [config, layer] = [Buffer.from('{}'), Buffer.alloc(5_000)]
  for (const blob of [config, layer]) source.repository(FROM).blobs.set(digestOf(blob), blob)
  const part = (blob: Buffer) => ({ mediaType: 'a/b', digest: digestOf(blob), size: 1 })
  const subject = { mediaType: OCI_MANIFEST, digest: root, size: 2 }
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: part(config),
    layers: [part(layer)],
    subject,
  }
  const bytes = Buffer.from(JSON.stringify(body))
  const digest = await source.client.putManifest(FROM, digestOf(bytes), bytes, OCI_MANIFEST)
  await source.client.addReferrers(FROM, root, [{ mediaType: OCI_MANIFEST, digest, size: bytes.length }])
  return root
}

test('referrers of too many bytes are refused before one is sent, whatever sizes they state', async () => {
  const scene = setUp()
  const root = await pushLarge(scene)
  const limits = { count: 1, bytes: 5_001 }
  await expect(scene.copy(root, { limits })).rejects.toMatchObject({
    ...{ code: 'too much', retry: false },
    message: `more than 5001 bytes of referrers belong to ${FROM}@${root}`,
  })
  expect(scene.target.calls.filter((call) => call.startsWith('uploadBlob'))).toHaveLength(1)
  await scene.copy(root, { referrers: false })
  await expect(scene.copyReferrers(root, limits)).rejects.toMatchObject({ code: 'too much' })
  await expect(scene.copyReferrers(root, { count: 0, bytes: 5_002 })).rejects.toMatchObject({
    code: 'too much',
  })
  expect(scene.target.calls.filter((call) => call.startsWith('uploadBlob'))).toHaveLength(1)
})

test('a child that the source does not have is named, and the rest arrives', async () => {
  const { source, target, copy } = setUp()
  const pushed = await push(
    { drafts: [IMAGE, IMAGE, { ...IMAGE, kind: 'index', below: [1, 2] }], root: 2 },
    source,
    FROM,
  )
  const [absent = ''] = source.repository(FROM).manifests.keys()
  source.repository(FROM).manifests.delete(absent)
  const copied = await copy(pushed.root, { sparse: 'allow' })
  expect(copied.absent).toEqual([absent])
  const { manifests } = closureOf(pushed)
  manifests.delete(absent)
  expect(new Set(target.repository(TO).manifests.keys())).toEqual(manifests)
})

test('of an index only the children for the wanted platforms come, with what is for all', async () => {
  const { source, target, copy, index } = setUp()
  const pushed = await push({ drafts: [IMAGE, IMAGE, IMAGE, IMAGE, IMAGE], root: 0 }, source, FROM)
  const platforms = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
    { os: 'linux', architecture: 'arm', variant: 'v6' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'unknown', architecture: 'unknown' },
  ]
  const children = [...pushed.lists.keys()].map((digest, n) => {
    const { bytes, mediaType } = source.repository(FROM).manifests.get(digest) ?? { bytes: Buffer.alloc(0) }
    return { mediaType, digest, size: bytes.length, platform: platforms[n] }
  })
  const root = index([index(children)])
  const [amd64, arm64, v6, v7, attestation] = children.map(({ digest }) => digest)
  const copied = await copy(root.digest, { platforms: ['linux/arm64', 'linux/arm/v7'] })
  expect(copied.leftOut).toEqual([amd64, v6])
  expect(copied.absent).toEqual([])
  expect(copied.root.digest).toBe(root.digest)
  for (const digest of [arm64, v7, attestation])
    expect(target.repository(TO).manifests.has(digest ?? '')).toBe(true)
  for (const digest of [amd64, v6]) expect(target.repository(TO).manifests.has(digest ?? '')).toBe(false)

  await expect(copy(root.digest, { platforms: ['windows/amd64'] })).rejects.toMatchObject({
    ...{ code: 'no platform', retry: false },
    message: `${FROM}@${root.digest} is for none of windows/amd64`,
  })
  // An image that is no index is copied whatever its platform.
  expect((await copy(amd64 ?? '', { platforms: ['windows/amd64'] })).manifests).toEqual([amd64])
})

test('an index of which the source has no image is refused, also if absent images are allowed', async () => {
  const { source, target, copy, index } = setUp()
  const [image, attestation] = ['gone', 'attestation'].map((name) => ({
    ...{ mediaType: OCI_MANIFEST, digest: digestOf(Buffer.from(name)), size: 4 },
  }))
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: EMPTY, layers: [] }),
  )
  source.repository(FROM).blobs.set(EMPTY.digest, Buffer.from('{}'))
  source.repository(FROM).manifests.set(digestOf(bytes), { bytes, mediaType: OCI_MANIFEST })
  const amd64 = { ...image, platform: { os: 'linux', architecture: 'amd64' } }
  const arm64 = { ...attestation, platform: { os: 'linux', architecture: 'arm64' } }
  const unknown = {
    ...{ mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.length },
    platform: { os: 'unknown', architecture: 'unknown' },
  }
  const roots = [index([amd64]), index([index([amd64])]), index([amd64, unknown])]
  for (const { digest } of roots)
    await expect(copy(digest, { sparse: 'allow' })).rejects.toMatchObject({ code: 'absent', retry: false })
  const wanted = { sparse: 'allow', platforms: ['linux/amd64'] } as const
  await expect(copy(index([amd64, arm64]).digest, wanted)).rejects.toMatchObject({ retry: false })
  expect(target.calls).toEqual([])
})
