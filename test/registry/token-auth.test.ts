import { afterEach, expect, it } from 'vitest'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { ociError, type ScriptedServer, startServer } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})
const closing = <T extends { close(): Promise<void> }>(thing: T): T => {
  open.push(thing)
  return thing
}

const manifest = Buffer.from('{}')
const credentials = { username: 'alice', password: 'pw' }
const ALICE = `Basic ${Buffer.from('alice:pw').toString('base64')}`

/** A token server that issues token-1, token-2, …, and a registry that accepts a token if it is `good`. */
async function startPair(
  options: { lifetime?: number; realm?: string; good?: (token: string) => boolean } = {},
) {
  let tokens = 0
  const realm: ScriptedServer = closing(
    await startServer((_request, response) => {
      tokens++
      response.end(JSON.stringify({ access_token: `token-${tokens}`, expires_in: options.lifetime ?? 300 }))
    }),
  )
  const registry = closing(
    await startServer(({ authorization, path }, response) => {
      const good = options.good ?? ((token) => token.startsWith('Bearer token-'))
      if (authorization !== undefined && good(authorization)) {
        if (path.includes('uploads')) return response.writeHead(202, { location: '/u' }).end()
        response.setHeader('content-type', OCI_MANIFEST)
        return response.end(manifest)
      }
      const repository = /^\/v2\/(.*)\/(manifests|blobs)/.exec(path)?.[1]
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${options.realm ?? `${realm.url}/jwt?x=1`}",service="the, service",scope="repository:${repository}:pull"`,
      )
      response.writeHead(401).end(ociError('UNAUTHORIZED', 'authentication required'))
    }),
  )
  const client: RegistryClient = closing(
    makeRegistryClient({ name: 'lab', url: registry.url, credentials, userAgent: 'test' }),
  )
  return { realm, registry, client }
}

it('fetches a token from the realm with scope, service and password, and keeps it', async () => {
  const { realm, registry, client } = await startPair()
  for (let n = 0; n < 3; n++) await client.getManifest('team/app', 'v1')
  expect(realm.requests).toEqual([
    {
      method: 'GET',
      path: '/jwt?x=1&service=the%2C+service&scope=repository%3Ateam%2Fapp%3Apull',
      authorization: ALICE,
      body: '',
    },
  ])
  expect(registry.requests.map(({ authorization }) => authorization)).toEqual([
    undefined,
    ...Array(3).fill('Bearer token-1'),
  ])
})

it('fetches one token for concurrent requests, and one for each scope', async () => {
  const { realm, client } = await startPair()
  await Promise.all(Array.from({ length: 20 }, () => client.getManifest('team/app', 'v1')))
  expect(realm.requests).toHaveLength(1)
  await client.mountBlob('team/app', hashOf(manifest), 'team/base')
  expect(realm.requests.map(({ path }) => new URL(path, realm.url).searchParams.getAll('scope'))).toEqual([
    ['repository:team/app:pull'],
    ['repository:team/app:pull,push', 'repository:team/base:pull'],
  ])
})

it('fetches a new token for one that has expired or is refused', async () => {
  const expiring = await startPair({ lifetime: 0 })
  await expiring.client.getManifest('team/app', 'v1')
  await expiring.client.getManifest('team/app', 'v1')
  expect(expiring.realm.requests).toHaveLength(2)
  expect(expiring.registry.requests).toHaveLength(3)

  let good = 'Bearer token-1'
  const revoking = await startPair({ good: (token) => token === good })
  await revoking.client.getManifest('team/app', 'v1')
  good = 'Bearer token-2'
  await revoking.client.getManifest('team/app', 'v1')
  expect(revoking.registry.requests.map(({ authorization }) => authorization)).toEqual([
    undefined,
    'Bearer token-1',
    'Bearer token-1',
    'Bearer token-2',
  ])
})

it('gives up when a new token is refused too, and quotes no token', async () => {
  const { client, realm } = await startPair({ good: () => false })
  const refused = client.getManifest('team/app', 'v1')
  await expect(refused).rejects.toThrow(
    /^lab: GET manifest team\/app:v1: 401 UNAUTHORIZED \(authentication required\)$/,
  )
  expect(realm.requests).toHaveLength(1)
})

it('reports the error of the token server', async () => {
  const elsewhere = closing(
    await startServer((_request, response) => response.writeHead(403).end(ociError('DENIED', 'no'))),
  )
  const { client } = await startPair({ realm: elsewhere.url })
  await expect(client.getManifest('team/app', 'v1')).rejects.toMatchObject({
    message: 'lab: token repository:team/app:pull: 403 DENIED (no)',
    retry: false,
  })
})
