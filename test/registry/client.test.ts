import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, makeImage, seededBytes } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

const HTPASSWD = 'alice:$2b$05$f7WCXQb1o08uoyQlAvN9n./H/7Dy/qv6z0F/xBuijWlTGtAp.xKPq\n' // pw

describe('a wrong password', () => {
  let registry: LabRegistry
  beforeAll(async () => {
    registry = await startRegistry({ htpasswd: HTPASSWD })
  })
  afterAll(() => registry.close())

  it('is refused, and is in no error', async () => {
    const credentials = { username: 'alice', password: 'hunter2-hunter2' }
    const client = makeRegistryClient({ name: 'production', url: registry.url, credentials })
    const error: unknown = await client
      .putManifest('team/app', 'v1', Buffer.from('{}'), 'application/json')
      .catch((reason) => reason)
    await client.close()
    if (!(error instanceof RegistryError)) throw error
    expect(error.message).toBe(
      'production: PUT manifest team/app:v1: 401 UNAUTHORIZED (authentication required)',
    )
    expect(error).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'], retry: false })
    const text = JSON.stringify(error) + error.stack
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain(Buffer.from('alice:hunter2-hunter2').toString('base64'))
  })
})

describe('a registry with deletes switched off', () => {
  let registry: LabRegistry
  let client: RegistryClient
  const image = makeImage({ layers: [{ seed: 'a', bytes: 100 }] })
  beforeAll(async () => {
    registry = await startRegistry({
      deleteEnabled: false,
      extra: 'compatibility: {schema1: {enabled: true}}\n',
    })
    client = makeRegistryClient({ name: 'lab', url: registry.url })
    await pushImage(client, 'team/app', 'v1', image)
  })
  afterAll(async () => {
    await client.close()
    await registry.close()
  })

  it('names the setting in the error', () =>
    expect(client.deleteManifest('team/app', image.root.digest)).rejects.toThrow(
      /405.*storage\.delete\.enabled/,
    ))
})

describe('invalid content', () => {
  let registry: LabRegistry
  let client: RegistryClient
  const absent = digestOf(Buffer.from('absent'))
  beforeAll(async () => {
    registry = await startRegistry()
    client = makeRegistryClient({ name: 'lab', url: registry.url })
  })
  afterAll(async () => {
    await client.close()
    await registry.close()
  })

  it('is refused if it does not hash to its digest', async () => {
    const bytes = seededBytes('wrong', 1000)
    const open = async () => Readable.from([bytes])
    await expect(client.uploadBlob('team/app', { digest: absent, size: 1000 }, open)).rejects.toMatchObject({
      status: 400,
      codes: ['DIGEST_INVALID'],
    })
    const manifest = Buffer.from('{}')
    await expect(client.putManifest('team/app', absent, manifest, OCI_MANIFEST)).rejects.toThrow(/hash to/)
  })

  it('fails an upload whose body is too short, too long or breaks off', async () => {
    const blob = { digest: absent, size: 1000 }
    const send = (body: Readable) => client.uploadBlob('team/app', blob, async () => body)
    await expect(send(Readable.from([Buffer.alloc(999)]))).rejects.toMatchObject({ retry: false })
    await expect(send(Readable.from([Buffer.alloc(1001)]))).rejects.toMatchObject({ retry: false })
    const broken = new Readable({ read: () => broken.destroy(new Error('the disk is gone')) })
    await expect(send(broken)).rejects.toThrow('the disk is gone')
  })

  it('is refused if it is a manifest whose blobs are missing', async () => {
    const { root, manifests } = makeImage({ layers: [{ seed: 'never pushed', bytes: 10 }] })
    const bytes = manifests.get(root.digest)?.bytes ?? Buffer.alloc(0)
    await expect(client.putManifest('team/app', 'v9', bytes, OCI_MANIFEST)).rejects.toMatchObject({
      status: 400, // The spec says 404.
      codes: ['MANIFEST_BLOB_UNKNOWN'],
    })
  })
})
