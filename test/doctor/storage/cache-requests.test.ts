import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeImage } from '../../../lab/image.ts'
import { freePorts } from '../../../lab/ports.ts'
import { startProcess } from '../../../lab/process.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { cacheRequestsIn, readCacheRequests } from '../../../src/doctor/storage/cache-requests.ts'
import { makeRegistryClient } from '../../../src/registry/client.ts'

test.each<[string, string, number | undefined]>([
  ['2.8', 'registry_storage_cache_total{type="Hit"} 2\nregistry_storage_cache_total{type="Request"} 3\n', 3],
  ['2.8 without a cache', 'registry_http_in_flight_requests{handler="blob"} 0\n', 0],
  ['3.x', 'registry_storage_cache_hits_total 1\nregistry_storage_cache_requests_total 1.2e+03\n', 1200],
  ['3.x before the first', 'registry_storage_cache_requests_total 0\n', 0],
  ['another program', 'process_start_time_seconds 1\n# registry_storage_\n', undefined],
  ['/debug/vars', '{"registry":{"cache":{"storage":{"blobdescriptor":{}}}}}', undefined],
])('%s', (_, text, count) => expect(cacheRequestsIn(text)).toBe(count))

test.each([
  ['a registry with a cache in memory', '  cache: {blobdescriptor: inmemory}\n', true],
  ['a registry without one', '', false],
])('of %s', async (_, cache, isThere) => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-cache-'))
  const [port, debug] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  const config = join(folder, 'config.yml')
  await writeFile(
    config,
    `version: 0.1
storage:
  filesystem: {rootdirectory: ${join(folder, 'storage')}}
${cache}http:
  addr: 127.0.0.1:${port}
  debug: {addr: "127.0.0.1:${debug}", prometheus: {enabled: true, path: /metrics}}
`,
  )
  const registry = await startProcess({
    ...{ command: 'docker-registry', args: ['serve', config], logFile: join(folder, 'log') },
    ready: async () => (await fetch(`${url}/v2/`)).ok,
  })
  const client = makeRegistryClient({ name: 'ci', url })
  try {
    await pushImage(client, 'team/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 500 }] }))
    await client.headManifest('team/app', 'v1')
    const read = (path: string) =>
      readCacheRequests({
        ...{ registry: 'ci', reach: {} },
        metrics: { url: [`http://127.0.0.1:${debug}${path}`] },
      })
    const found = await read('/metrics')
    if (!('value' in found)) throw new Error(found.unknown)
    expect(found.value > 0).toBe(isThere)
    // It does not count it, and there are metrics beside it.
    expect(await read('/debug/vars')).toEqual(found)
    await expect(
      readCacheRequests({ registry: 'ci', reach: {}, metrics: { url: [`${url}/v2/`] } }),
    ).rejects.toThrow('no Prometheus metrics of a registry')
  } finally {
    await client.close()
    await registry.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})

test('without metrics it says so', async () => {
  expect(await readCacheRequests({ registry: 'ci', metrics: undefined, reach: {} })).toEqual({
    unknown: expect.stringContaining('registries.ci.metrics'),
  })
})
