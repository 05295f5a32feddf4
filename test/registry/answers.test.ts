import { expect, it, onTestFinished } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { OCI_INDEX } from '../../src/registry/manifest.ts'
import { ociError, registryThat } from './scripted-server.ts'

const DIGEST = hashOf(Buffer.from('x'))

it('rejects a manifest over 4 MiB, and one that does not hash to its digest', async () => {
  const huge = await registryThat((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024, ' ')))
  await expect(huge.client.getManifest('a', 'v1')).rejects.toThrow(/longer than 4194304 bytes/)

  const forged = await registryThat(({ method }, response) => {
    const headers = { 'docker-content-digest': DIGEST, 'content-length': 2 }
    response.writeHead(method === 'PUT' ? 201 : 200, headers).end('{}')
  })
  await expect(forged.client.getManifest('a', 'v1')).rejects.toThrow(/not to sha256:/)
  await expect(forged.client.getManifest('a', DIGEST)).rejects.toThrow(/not to sha256:/)
  await expect(forged.client.headManifest('a', hashOf(Buffer.from('y')))).rejects.toThrow(/another digest/)
  await expect(forged.client.putManifest('a', 'v1', Buffer.from('{}'), OCI_INDEX)).rejects.toThrow(
    /it stored/,
  )
})

it('deletes its question from a registry that stores a manifest without its config', async () => {
  const { client, registry } = await registryThat(({ method }, response) =>
    response.writeHead(method === 'PUT' ? 201 : 202).end(),
  )
  expect(await client.refusesPushes('a')).toBe(false)
  const [put, remove] = registry.requests
  expect([put?.method, remove?.method]).toEqual(['PUT', 'DELETE'])
  expect(remove?.path).toBe(put?.path)
})

it('follows a Link at the registry itself, whatever host it names, and only below /v2/', async () => {
  const links: Record<string, string> = {
    '1': '<https://elsewhere.test/v2/_catalog?last=2>; rel="next"',
    '2': '</v2/_catalog?last=3>; rel="next"',
    '3': '</admin?last=4>; rel="next"',
  }
  const { client, registry } = await registryThat(({ path }, response) => {
    const page = /last=(\d)/.exec(path)?.[1] ?? '1'
    response.setHeader('link', links[page] ?? '')
    response.end(JSON.stringify({ repositories: [`r${page}`] }))
  })
  const read: string[] = []
  const reading = (async () => {
    for await (const name of client.catalog()) read.push(name)
  })()
  await expect(reading).rejects.toThrow(/does not name another page below \/v2\//)
  expect(read).toEqual(['r1', 'r2', 'r3'])
  expect(registry.requests.map(({ path }) => path)).toEqual([
    '/v2/_catalog?n=1000',
    '/v2/_catalog?last=2',
    '/v2/_catalog?last=3',
  ])
})

it('follows a Link below the path of its URL, also one of a registry that does not know the path', async () => {
  const links: Record<string, string> = {
    '1': '<http://inside:5000/docker/v2/_catalog?last=2>; rel="next"',
    '2': '</v2/_catalog?last=3>; rel="next"',
    '3': '</other/v2/_catalog?last=4>; rel="next"',
  }
  const { registry } = await registryThat(({ path }, response) => {
    const page = /last=(\d)/.exec(path)?.[1] ?? '1'
    response.setHeader('link', links[page] ?? '')
    response.end(JSON.stringify({ repositories: [`r${page}`] }))
  })
  const client = makeRegistryClient({ name: 'lab', url: `${registry.url}/docker/` })
  onTestFinished(() => client.close())
  await expect(Array.fromAsync(client.catalog())).rejects.toThrow(
    /does not name another page below \/docker\/v2\//,
  )
  expect(registry.requests.map(({ path }) => path)).toEqual([
    '/docker/v2/_catalog?n=1000',
    '/docker/v2/_catalog?last=2',
    '/docker/v2/_catalog?last=3',
  ])
})

it('leaves out names that are none', async () => {
  const { client } = await registryThat((_request, response) =>
    response.end(JSON.stringify({ repositories: ['', 'a', '../b', 5, null], tags: ['', 'v1', '-', {}] })),
  )
  expect(await Array.fromAsync(client.catalog())).toEqual(['a'])
  expect(await Array.fromAsync(client.tags('a'))).toEqual(['v1'])
})

it('takes a 404 as a repository without tags only if its code is NAME_UNKNOWN', async () => {
  let body = ociError('NAME_UNKNOWN', 'repository name not known to registry')
  const { client } = await registryThat((_request, response) => response.writeHead(404).end(body))
  expect(await Array.fromAsync(client.tags('a'))).toEqual([])
  body = '<html>404, says the proxy'
  await expect(Array.fromAsync(client.tags('a'))).rejects.toMatchObject({ status: 404 })
})

it('reads referrers from the API if there is one', async () => {
  const referrer = { mediaType: OCI_INDEX, digest: DIGEST, size: 1, artifactType: 'test/signature' }
  const { client, registry } = await registryThat((_request, response) =>
    response.end(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [referrer] })),
  )
  expect(await client.referrers('a', DIGEST)).toEqual([referrer])
  expect(registry.requests.map(({ path }) => path)).toEqual([`/v2/a/referrers/${DIGEST}`])
})

it('sends a GET if the answer to HEAD lacks headers', async () => {
  const { client } = await registryThat((_request, response) =>
    response.writeHead(200, { 'content-type': OCI_INDEX }).end('{}'),
  )
  const digest = hashOf(Buffer.from('{}'))
  expect(await client.headManifest('a', 'v1')).toEqual({ mediaType: OCI_INDEX, digest, size: 2 })
})

it('sends no request with an invalid name', async () => {
  const { client, registry } = await registryThat((_request, response) => response.end())
  for (const call of [
    () => client.getManifest('../secret', 'v1'),
    () => client.getManifest('a', '../../x'),
    () => client.headBlob('a', 'sha256:short'),
    () => client.mountBlob('a', DIGEST, 'b&mount=x'),
    () => client.tags('a?n=1')[Symbol.asyncIterator]().next(),
  ])
    await expect(call()).rejects.toMatchObject({ name: 'RegistryError', retry: false })
  expect(registry.requests).toEqual([])
})
