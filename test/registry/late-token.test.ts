import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { ociError, startServer } from './scripted-server.ts'

const DIGEST = hashOf(Buffer.from('x'))

test('a DELETE is not sent if its token took longer than a second, and the next one has the token', async () => {
  const realm = await startServer(async (_request, response) => {
    await setTimeout(1_100)
    response.end(JSON.stringify({ access_token: 'token', expires_in: 300 }))
  })
  const registry = await startServer(({ authorization }, response) => {
    if (authorization !== undefined) return response.writeHead(202).end()
    response.setHeader('www-authenticate', `Bearer realm="${realm.url}/jwt",service="s"`)
    return response.writeHead(401).end(ociError('UNAUTHORIZED', 'authentication required'))
  })
  const client = makeRegistryClient({
    ...{ name: 'lab', url: registry.url },
    credentials: { username: 'alice', password: 'pw' },
  })
  onTestFinished(async () => {
    for (const open of [client, realm, registry]) await open.close()
  })
  const sent = () => registry.requests.filter(({ authorization }) => authorization !== undefined).length
  const late = { codes: ['TOKEN_LATE'], retry: true }
  await expect(client.deleteManifest('team/app', DIGEST)).rejects.toMatchObject(late)
  expect(sent()).toBe(0)
  expect(await client.deleteManifest('team/app', DIGEST)).toBe('deleted')
  expect(sent()).toBe(1)
})
