import { expect, it, onTestFinished } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { LIMITS } from '../../src/registry/limits.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { type GitLabTag, startFakeGitLab } from './fake-gitlab.ts'
import { registryThat } from './scripted-server.ts'

const digest = hashOf(Buffer.from('x'))
const tag = (name: string, changed: Partial<GitLabTag> = {}): GitLabTag => ({
  ...{ name, digest, media_type: 'application/vnd.oci.image.manifest.v1+json', size_bytes: 1 },
  ...{ created_at: '2025-01-01T00:00:00.000Z', published_at: '2025-01-01T00:00:00.000Z' },
  ...changed,
})

async function gitLab(options: { hasDatabase?: boolean } = {}) {
  const fake = await startFakeGitLab(options)
  const client = makeRegistryClient({ name: 'lab', url: fake.url })
  onTestFinished(async () => {
    await client.close()
    await fake.close()
  })
  return { fake, client }
}

it('knows whether a registry has the API', async () => {
  expect(await (await gitLab()).client.hasGitLabApi()).toBe(true)
  expect(await (await gitLab({ hasDatabase: false })).client.hasGitLabApi()).toBe(false)
  for (const status of [301, 400, 401, 403, 404, 501]) {
    const { client } = await registryThat((_request, response) => response.writeHead(status).end())
    expect(await client.hasGitLabApi(), String(status)).toBe(false)
  }
})

it('does not know it if the registry fails in a way that may pass', async () => {
  for (const status of [408, 429, 500, 503]) {
    const { client } = await registryThat((_request, response) => response.writeHead(status).end())
    await expect(client.hasGitLabApi()).rejects.toMatchObject({ status })
  }
  const { client } = await registryThat((_request, response) => response.destroy())
  await expect(client.hasGitLabApi()).rejects.toBeInstanceOf(RegistryError)
})

it('reads the tags of all pages, with a token for the repository', async () => {
  const { fake, client } = await gitLab()
  const names = Array.from({ length: 2_500 }, (_, n) => `v${String(n).padStart(4, '0')}`)
  const moved = { updated_at: '2026-02-03T04:05:06.789Z', published_at: '2026-02-03T04:05:06.789Z' }
  fake.tags.set(
    'group/app',
    names.map((name) => tag(name, name === 'v2000' ? moved : {})),
  )
  const found = await Array.fromAsync(client.publishedTags('group/app'))
  expect(found.map((one) => one.tag)).toEqual(names)
  expect(found[0]).toEqual({ tag: 'v0000', digest, publishedAt: Date.UTC(2025, 0, 1) * 1000 })
  expect(found[2_000]?.publishedAt).toBe(Date.parse('2026-02-03T04:05:06.789Z') * 1000)
  const path = '/gitlab/v1/repositories/group/app/tags/list/?n=1000'
  expect([...new Set(fake.requests)]).toEqual([
    `GET ${path}`,
    `GET ${path}&last=v0999`,
    `GET ${path}&last=v1999`,
  ])
  await expect(Array.fromAsync(client.publishedTags('group/other'))).rejects.toThrow('NAME_UNKNOWN')
})

it('takes the time of versions that send no published_at, and leaves out what is not valid', async () => {
  const created_at = '2025-01-01T00:00:00.000Z'
  const entries = [
    { name: 'a', digest, created_at },
    { name: 'b', digest, created_at, updated_at: '2025-01-02T00:00:00.000Z' },
    { name: 'c', digest, created_at: 'yesterday' },
    { name: '../c', digest, created_at },
    { name: 'd', digest: 'sha256:1', created_at },
    { name: 5, digest, created_at },
    'e',
    null,
  ]
  const { client } = await registryThat((_request, response) => response.end(JSON.stringify(entries)))
  expect(await Array.fromAsync(client.publishedTags('a'))).toEqual([
    { tag: 'a', digest, publishedAt: Date.UTC(2025, 0, 1) * 1000 },
    { tag: 'b', digest, publishedAt: Date.UTC(2025, 0, 2) * 1000 },
  ])
})

it.each([
  ['brackets', '['.repeat(4 << 20), 'not a list'],
  ['an object', '{}', 'not a list'],
  ['a page of HTML', '<html></html>', 'not a list'],
  ['more than 4 MiB', ' '.repeat((4 << 20) + 1), 'longer than 4194304 bytes'],
])('refuses %s instead of tags', async (_, body, reason) => {
  const { client } = await registryThat((_request, response) => response.end(body))
  await expect(Array.fromAsync(client.publishedTags('a'))).rejects.toThrow(reason)
})

it.each([
  [{ pages: 5 }, (n: number) => n + 1, 'more than 5 pages'],
  [{ entries: 3 }, (n: number) => n + 1, 'more than 3 entries'],
  [{ bytes: 2_000 }, (n: number) => n + 1, 'more than 2000 bytes'],
  [{}, (n: number) => (n + 1) % 3, 'back to a page that was read before'],
])('cuts a list without an end: %j', async (limits, following, reason) => {
  const { client } = await registryThat(
    ({ path }, response) => {
      const page = Number(new URL(path, 'http://lab').searchParams.get('last') ?? 0)
      response.setHeader(
        'link',
        `</gitlab/v1/repositories/a/tags/list/?n=1000&last=${following(page)}>; rel="next"`,
      )
      response.end(JSON.stringify([tag(`t${page}`)]))
    },
    { list: { ...LIMITS.list, ...limits } },
  )
  await expect(Array.fromAsync(client.publishedTags('a'))).rejects.toThrow(reason)
})

it('reads the size of a namespace, with a token for it and for all below it', async () => {
  const { fake, client } = await gitLab()
  fake.sizes.set('group', { size_bytes: 12_345, size_precision: 'default' })
  fake.sizes.set('large', { size_bytes: 2 ** 50, size_precision: 'untagged' })
  expect(await client.namespaceSize('group')).toEqual({ bytes: 12_345, withUntagged: false })
  expect(await client.namespaceSize('large')).toEqual({ bytes: 2 ** 50, withUntagged: true })
  await expect(client.namespaceSize('other')).rejects.toThrow("GitLab's size of other: 404 NAME_UNKNOWN")
  await expect(client.namespaceSize('../v2')).rejects.toThrow('is not a repository name')
})

it.each(['{}', '[]', '{"size_bytes":"1"}', '{"size_bytes":-1}', '{"size_bytes":1e300}', '<html>'])(
  'refuses %s as a size',
  async (body) => {
    const { client } = await registryThat((_request, response) => response.end(body))
    await expect(client.namespaceSize('group')).rejects.toBeInstanceOf(RegistryError)
  },
)

it('follows no Link that leads out of the API', async () => {
  const { client, registry } = await registryThat((_request, response) => {
    response.setHeader('link', '</v2/_catalog>; rel="next"').end('[]')
  })
  await expect(Array.fromAsync(client.publishedTags('a'))).rejects.toThrow('below /gitlab/v1/')
  expect(registry.requests).toHaveLength(1)
})
