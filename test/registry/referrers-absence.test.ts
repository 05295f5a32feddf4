import { expect, onTestFinished, test, vi } from 'vitest'
import { ociError, registryThat } from './scripted-server.ts'

const SUBJECT = `sha256:${'a'.repeat(64)}`
const HEADER = { 'docker-distribution-api-version': 'registry/2.0' }
const NO_ROUTE = '404 page not found\n'

/** Asks a registry that answers 404 to all but `/v2/` for referrers. Returns how often it was asked by the API till now. */
async function askingOne(headers: Record<string, string>, body: string) {
  const { registry, client } = await registryThat(({ path }, response) =>
    path === '/v2/' ? response.end('{}') : response.writeHead(404, headers).end(body),
  )
  return async () => {
    expect(await client.referrers('team/app', SUBJECT)).toEqual([])
    return registry.requests.filter(({ path }) => path.includes('/referrers/')).length
  }
}

test.each([
  ['distribution, which has no route', HEADER, NO_ROUTE],
  ['a registry that says so', {}, ociError('UNSUPPORTED', 'no')],
])('the API is not asked for again for minutes after a 404 of %s', async (_, headers, body) => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const ask = await askingOne(headers, body)
  expect([await ask(), await ask(), await ask()]).toEqual([1, 1, 1])
  vi.advanceTimersByTime(4 * 60_000)
  expect(await ask()).toBe(1)
  vi.advanceTimersByTime(2 * 60_000)
  expect([await ask(), await ask()]).toEqual([2, 2])
})

test.each([
  ['a repository that is not there', HEADER, ociError('NAME_UNKNOWN', 'no')],
  ['a manifest that is not there', HEADER, ociError('MANIFEST_UNKNOWN', 'no')],
  ['something that is not there, with a code of its own', HEADER, ociError('NOT_FOUND', 'no')],
  ['a proxy in front', { 'content-type': 'text/html' }, '<h1>404 Not Found</h1>'],
])('the API is asked for again after a 404 about %s', async (_, headers, body) => {
  const ask = await askingOne(headers, body)
  expect([await ask(), await ask()]).toEqual([1, 2])
})
