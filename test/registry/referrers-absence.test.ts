import { expect, onTestFinished, test } from 'vitest'
import { makeManifestApi } from '../../src/registry/manifest-api.ts'
import { makeReferrersApi } from '../../src/registry/referrers-api.ts'
import { makeTransport } from '../../src/registry/transport.ts'
import { ociError, startServer } from './scripted-server.ts'

const SUBJECT = `sha256:${'a'.repeat(64)}`
const HEADER = { 'docker-distribution-api-version': 'registry/2.0' }
const NO_ROUTE = '404 page not found\n'

/**
 * A registry that answers 404 to all but `/v2/`, and a client of it with a clock of its own, in ms. `ask` asks for referrers, and
 * returns how often the registry was asked by the API till now.
 */
async function askingOne(headers: Record<string, string>, body: string) {
  const registry = await startServer(({ path }, response) =>
    path === '/v2/' ? response.end('{}') : response.writeHead(404, headers).end(body),
  )
  const transport = makeTransport({ name: 'lab', url: registry.url })
  onTestFinished(async () => {
    await transport.close()
    await registry.close()
  })
  const clock = { now: 0 }
  const { referrers } = makeReferrersApi(transport, makeManifestApi(transport), () => clock.now)
  const ask = async () => {
    expect(await referrers('team/app', SUBJECT)).toEqual([])
    return registry.requests.filter(({ path }) => path.includes('/referrers/')).length
  }
  return { clock, ask }
}

test.each([
  ['distribution, which has no route', HEADER, NO_ROUTE],
  ['a registry that says so', {}, ociError('UNSUPPORTED', 'no')],
])('the API is not asked for again for minutes after a 404 of %s', async (_, headers, body) => {
  const { clock, ask } = await askingOne(headers, body)
  expect([await ask(), await ask(), await ask()]).toEqual([1, 1, 1])
  clock.now += 4 * 60_000
  expect(await ask()).toBe(1)
  clock.now += 2 * 60_000
  expect([await ask(), await ask()]).toEqual([2, 2])
})

test.each([
  ['a repository that is not there', HEADER, ociError('NAME_UNKNOWN', 'no')],
  ['a manifest that is not there', HEADER, ociError('MANIFEST_UNKNOWN', 'no')],
  ['something that is not there, with a code of its own', HEADER, ociError('NOT_FOUND', 'no')],
  ['a proxy in front', { 'content-type': 'text/html' }, '<h1>404 Not Found</h1>'],
])('the API is asked for again after a 404 about %s', async (_, headers, body) => {
  const { ask } = await askingOne(headers, body)
  expect([await ask(), await ask()]).toEqual([1, 2])
})
