import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OCI_INDEX, OCI_MANIFEST, seededBytes } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'

/** What a registry holds counts, whatever a manifest says of it. With `references` in the events, and without. */
const production = { registry: 'production', repository: '{repository}', tag: '{tag}' }
const extra = 'validation: {manifests: {urls: {allow: ["^https://example.org/"]}}}\n'
const token = { ci: WEBHOOK_TOKEN, bare: 'lab-webhook-token-bare' }
const open: { close(): Promise<unknown> }[] = []
const sources: Record<string, { registry: LabRegistry; client: RegistryClient }> = {}
let target: RegistryClient
let tallyman: LabTallyman
beforeAll(async () => {
  const port = await freePort()
  const release = await startRegistry({ extra })
  open.push(release)
  target = makeRegistryClient({ name: 'production', url: release.url })
  open.push(target)
  for (const [name, webhookToken] of Object.entries(token)) {
    const url = `http://127.0.0.1:${port}/v1/events`
    const notify = { url, token: webhookToken, includeReferences: name === 'ci' }
    const registry = await startRegistry({ extra, notify })
    const client = makeRegistryClient({ name, url: registry.url, userAgent: 'docker/27' })
    open.push(registry, client)
    sources[name] = { registry, client }
  }
  tallyman = await startTallyman({
    registries: {
      ...Object.fromEntries(
        Object.entries(sources).map(([name, { registry }]) => [
          name,
          { url: registry.url, token: token[name as keyof typeof token] },
        ]),
      ),
      production: { url: release.url },
    },
    promotion: {
      rules: Object.keys(token).map((name) => ({
        name,
        from: { registry: name, repository: '**', tag: '*' },
        to: production,
        settle: '100ms',
      })),
    },
  })
  open.push(tallyman)
  await tallyman.app.listen({ port })
})
afterAll(async () => {
  for (const one of open.reverse()) await one.close()
})

interface Project {
  uniqueBytes: number
  unreferencedBytes: number
  manifests: number
  unresolved: number
}

/** Uploads blobs, pushes a manifest, and waits until the index knows what it references. */
async function pushOnly(
  name: string,
  project: string,
  manifest: { body: object; mediaType: string; config?: Buffer },
  uploads: { digest: string; bytes: Buffer }[],
) {
  const { client } = sources[name] ?? { client: target }
  const repository = `${project}/x`
  for (const { digest, bytes } of uploads)
    await client.uploadBlob(repository, { digest, size: bytes.length }, async () => Readable.from([bytes]))
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: manifest.mediaType, ...manifest.body }),
  )
  const digest = await client.putManifest(repository, 'v1', bytes, manifest.mediaType)
  const id = encodeURIComponent(`${name}/${project}/x`)
  const usage = await eventually(
    () => tallyman.get<Project>(`/v1/projects/${id}`),
    ({ manifests, unresolved }) => manifests === 1 && unresolved === 0,
  )
  return { usage, repository, digest, size: bytes.length }
}

/** Waits for the promotion, too. */
async function push(...image: Parameters<typeof pushOnly>) {
  const { repository, digest, ...pushed } = await pushOnly(...image)
  await eventually(
    () => target.headManifest(repository, 'v1'),
    (found) => found?.digest === digest,
  )
  return pushed
}

const config = Buffer.from('{"architecture":"amd64"}')
const layer = seededBytes('layer', 50_000)
const restricted = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
const described = (bytes: Buffer, mediaType: string, rest: object = {}) => ({
  ...{ mediaType, digest: hashOf(bytes), size: bytes.length },
  ...rest,
})
const imageWith = (...layers: object[]) => ({
  body: { config: described(config, 'application/vnd.oci.image.config.v1+json'), layers },
  mediaType: OCI_MANIFEST,
})
const uploaded = (bytes: Buffer, digest = hashOf(bytes)) => ({ bytes, digest })
const urls = ['https://example.org/layer']

test.each(Object.keys(token))(
  'registry %s: a layer of a foreign type that was uploaded counts',
  async (name) => {
    const bought = imageWith(described(layer, restricted))
    const { usage, size } = await push(name, 'bought', bought, [uploaded(config), uploaded(layer)])
    expect(usage).toMatchObject({ uniqueBytes: size + config.length + 50_000, unreferencedBytes: 0 })
    expect(await target.headBlob('bought/x', hashOf(layer))).toBeDefined()
  },
)

test.each(Object.keys(token))('registry %s: so does one with urls that was uploaded', async (name) => {
  const held = imageWith(described(layer, restricted, { urls }))
  const { usage, size } = await push(name, 'held', held, [uploaded(config), uploaded(layer)])
  expect(usage).toMatchObject({ uniqueBytes: size + config.length + 50_000, unreferencedBytes: 0 })
  expect(await target.headBlob('held/x', hashOf(layer))).toBeDefined()
})

test.each(Object.keys(token))('registry %s: one with urls that was not uploaded does not', async (name) => {
  const elsewhere = imageWith(described(layer, restricted, { urls }))
  const { usage, size } = await push(name, 'elsewhere', elsewhere, [uploaded(config)])
  expect(usage).toMatchObject({ uniqueBytes: size + config.length, unreferencedBytes: 0 })
})

test.each(Object.keys(token))('registry %s: a layer by its SHA-512 counts once', async (name) => {
  const digest = hashOf(layer, 'sha512')
  const image = imageWith(described(layer, 'application/vnd.oci.image.layer.v1.tar', { digest }))
  const { usage, size } = await push(name, 'long', image, [uploaded(config), uploaded(layer, digest)])
  expect(usage).toMatchObject({ uniqueBytes: size + config.length + 50_000, unreferencedBytes: 0 })
  expect(await target.headBlob('long/x', digest)).toMatchObject({ size: 50_000 })
})

test.each(Object.keys(token))(
  'registry %s: a manifest without layers is counted and promoted',
  async (name) => {
    const { body, mediaType } = imageWith()
    const bare = { body: { config: body.config }, mediaType }
    const { usage, size } = await push(name, 'bare', bare, [uploaded(config)])
    expect(usage).toMatchObject({ uniqueBytes: size + config.length, unreferencedBytes: 0 })
  },
)

test.each(Object.keys(token))('registry %s: so is an index without manifests', async (name) => {
  const { usage, size } = await push(name, 'none', { body: {}, mediaType: OCI_INDEX }, [])
  expect(usage).toMatchObject({ uniqueBytes: size, unreferencedBytes: 0 })
})

test.each([2 ** 40, 2 ** 48, 2 ** 53])('the stated size %d is not believed', async (size) => {
  const lie = imageWith({ ...described(layer, 'application/vnd.oci.image.layer.v1.tar'), size })
  const image = await pushOnly('bare', `lie${Math.log2(size)}`, lie, [uploaded(config), uploaded(layer)])
  expect(image.usage).toMatchObject({
    uniqueBytes: image.size + config.length + 50_000,
    unreferencedBytes: 0,
  })
})
