import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { parseChallenges } from '../../src/registry/challenge.ts'
import { type Exchanger, makeExchanger } from '../../src/registry/exchange.ts'
import { fetchToken } from '../../src/registry/token.ts'
import { type ScriptedServer, startServer } from './scripted-server.ts'

let realm: ScriptedServer
let exchanger: Exchanger
let reply = ''
beforeAll(async () => {
  exchanger = makeExchanger({ registry: 'lab', userAgent: 'test' })
  realm = await startServer((_request, response) => response.end(reply))
})
beforeEach(() => {
  realm.seen.length = 0
  reply = JSON.stringify({ access_token: 'token-1' })
})
afterAll(async () => {
  await exchanger.close()
  await realm.close()
})

it('trades an identity token for an access token by POST', async () => {
  const [challenge] = parseChallenges(`Bearer realm="${realm.url}/jwt",service="s"`)
  if (challenge === undefined) throw new Error('no challenge')
  const grant = await fetchToken(
    exchanger,
    { registry: 'lab', origin: 'http://127.0.0.1', challenge },
    ['repository:a:pull', 'repository:b:pull'],
    { kind: 'identity', token: 'refresh me' },
  )
  expect(grant.header).toBe('Bearer token-1')
  expect(realm.seen).toMatchObject([{ method: 'POST', path: '/jwt', authorization: undefined }])
  expect(Object.fromEntries(new URLSearchParams(realm.seen[0]?.body))).toEqual({
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
    const from = { registry: 'lab', origin: 'https://registry.test', challenge }
    const fetching = fetchToken(exchanger, from, [], { kind: 'password', username: 'alice', password: 'pw' })
    await expect(fetching).rejects.toThrow('lab: token: the token realm it names is no https URL')
  }
  expect(realm.seen).toEqual([])
})

it('takes no answer without a token', async () => {
  reply = JSON.stringify({ token: '', expires_in: 60 })
  const challenge = { scheme: 'bearer', params: new Map([['realm', realm.url]]) }
  const from = { registry: 'lab', origin: 'http://127.0.0.1', challenge }
  await expect(fetchToken(exchanger, from, ['s'], undefined)).rejects.toThrow('no token in the answer')
})
