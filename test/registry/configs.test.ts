import { expect, it } from 'vitest'
import { hashOf } from '../../src/registry/digest.ts'
import { drip, registryThat } from './scripted-server.ts'

const config = Buffer.from('{"created":"2025-01-01T00:00:00Z"}')
const LIMIT = 1024 * 1024

it('gives a config that hashes to its digest, by SHA-256 or SHA-512', async () => {
  const { client } = await registryThat((_request, response) => response.end(config))
  for (const algorithm of ['sha256', 'sha512'] as const)
    expect(await client.getConfig('a', hashOf(config, algorithm))).toEqual(config)
  const other = hashOf(Buffer.from('other'))
  await expect(client.getConfig('a', other)).rejects.toThrow('does not hash to the digest')
  await expect(client.getConfig('a', 'v1')).rejects.toThrow('is not a digest')
})

it('reads at most 1 MiB of a config', async () => {
  const { client } = await registryThat(({ path }, response) =>
    response.end(Buffer.alloc(path.endsWith(hashOf(Buffer.alloc(LIMIT))) ? LIMIT : LIMIT + 1)),
  )
  expect(await client.getConfig('a', hashOf(Buffer.alloc(LIMIT)))).toHaveLength(LIMIT)
  await expect(client.getConfig('a', hashOf(Buffer.alloc(LIMIT + 1)))).rejects.toThrow('longer than 1048576')
})

it('does not wait for a config that drips', async () => {
  const { client } = await registryThat((_request, response) => drip(response), { answerMs: 200 })
  await expect(client.getConfig('a', hashOf(config))).rejects.toThrow('no whole answer within 0.2 s')
})
