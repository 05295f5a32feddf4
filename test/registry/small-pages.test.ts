import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry({ extra: 'catalog: {maxentries: 5}\n' })
  client = makeRegistryClient({ name: 'lab', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

it('lists all repositories of a registry that refuses pages of 1000 names', async () => {
  const names = Array.from({ length: 13 }, (_, n) => `team/app-${String(n).padStart(2, '0')}`)
  const image = makeImage({ layers: [{ seed: 'a', bytes: 100 }] })
  for (const name of names) await pushImage(client, name, 'v1', image)
  const answer = await fetch(`${registry.url}/v2/_catalog?n=1000`)
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringContaining('PAGINATION_NUMBER_INVALID'),
  ])
  expect(await Array.fromAsync(client.catalog())).toEqual(names)
})
