import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { parseChallenges } from '../../src/registry/challenge.ts'
import { type HttpClient, makeHttpClient } from '../../src/registry/http-client.ts'
import { LIMITS } from '../../src/registry/limits.ts'
import { fetchToken } from '../../src/registry/token.ts'
import { type ScriptedServer, startServer } from './scripted-server.ts'

let realm: ScriptedServer
let httpClient: HttpClient
let reply = ''
beforeAll(async () => {
  httpClient = makeHttpClient({ registry: 'lab', userAgent: 'test', blobRate: LIMITS.blobRate, reach: {} })
  realm = await startServer((_request, response) => response.end(reply))
})
beforeEach(() => {
  realm.requests.length = 0
  reply = JSON.stringify({ access_token: 'token-1' })
})
afterAll(async () => {
  await httpClient.close()
  await realm.close()
})

it('exchanges an identity token for an access token by POST', async () => {
  const [challenge] = parseChallenges(`Bearer realm="${realm.url}/jwt",service="s"`)
  if (challenge === undefined) throw new Error('no challenge')
  const grant = await fetchToken(
    httpClient,
    { registry: 'lab', origin: 'http://127.0.0.1', challenge, timeoutMs: 30_000 },
    ['repository:a:pull', 'repository:b:pull'],
    { kind: 'identity', token: 'refresh me' },
  )
  expect(grant.header).toBe('Bearer token-1')
  expect(realm.requests).toMatchObject([{ method: 'POST', path: '/jwt', authorization: undefined }])
  expect(Object.fromEntries(new URLSearchParams(realm.requests[0]?.body))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'tallyman',
    service: 's',
    scope: 'repository:a:pull repository:b:pull',
    refresh_token: 'refresh me',
  })
})

it('sends no password to an http realm of an https registry', async () => {
  for (const value of [realm.url, 'file:///etc/passwd', 'nonsense', '']) {
    const challenge = { scheme: 'bearer', params: new Map([['realm', value]]) }
    const from = { registry: 'lab', origin: 'https://registry.test', challenge, timeoutMs: 30_000 }
    const fetching = fetchToken(httpClient, from, [], { kind: 'password', username: 'alice', password: 'pw' })
    await expect(fetching).rejects.toThrow('lab: token: its token realm is not an https URL')
  }
  expect(realm.requests).toEqual([])
})

it('rejects an answer without a token', async () => {
  reply = JSON.stringify({ token: '', expires_in: 60 })
  const challenge = { scheme: 'bearer', params: new Map([['realm', realm.url]]) }
  const from = { registry: 'lab', origin: 'http://127.0.0.1', challenge, timeoutMs: 30_000 }
  await expect(fetchToken(httpClient, from, ['s'], undefined)).rejects.toThrow('the answer has no token')
})
