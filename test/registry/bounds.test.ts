import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { hashOf } from '../../src/registry/digest.ts'
import { LIMITS, type Limits } from '../../src/registry/limits.ts'
import { OCI_INDEX } from '../../src/registry/manifest.ts'
import { registryThat } from './scripted-server.ts'

const DIGEST = hashOf(Buffer.from('x'))

/** Reads a list until it ends or fails. */
async function readOut(list: AsyncIterable<string>) {
  const names: string[] = []
  try {
    for await (const name of list) names.push(name)
    return { names }
  } catch (error) {
    return { names, error: String(error) }
  }
}

const next = (response: ServerResponse, url: string) => response.setHeader('link', `<${url}>; rel="next"`)
const pageOf = (path: string) => Number(new URL(path, 'http://lab').searchParams.get('last') ?? 0)

it('refuses a page that was read before', async () => {
  const { client, registry } = await registryThat(({ path }, response) => {
    const page = pageOf(path)
    next(response, `/v2/_catalog?last=${(page % 3) + 1}`)
    response.end(JSON.stringify({ repositories: [`r${page}`] }))
  })
  expect(await readOut(client.catalog())).toEqual({
    names: ['r0', 'r1', 'r2', 'r3'],
    error:
      'RegistryError: lab: GET catalog: the list is cut: its Link leads back to a page that was read before',
  })
  expect(registry.requests).toHaveLength(4)
})

/** Lists without an end: each page has one entry and names the next page. */
const endless = (limits: Partial<Limits['list']>) =>
  registryThat(
    ({ path }, response) => {
      const page = pageOf(path)
      next(response, `${path.replace(/\?.*/, '')}?last=${page + 1}`)
      const manifests = [{ mediaType: OCI_INDEX, digest: DIGEST, size: 1 }]
      const body = { repositories: [`r${page}`], tags: [`t${page}`], manifests }
      setTimeout(() => response.end(JSON.stringify(body)), 10)
    },
    { list: { ...LIMITS.list, ...limits } },
  )

it('cuts an endless catalog, list of tags and list of referrers, and says where', async () => {
  const { client } = await endless({ pages: 5 })
  const cut = 'the list is cut: more than 5 pages'
  expect(await readOut(client.catalog())).toEqual({
    names: ['r0', 'r1', 'r2', 'r3', 'r4'],
    error: `RegistryError: lab: GET catalog: ${cut}`,
  })
  expect((await readOut(client.tags('a'))).error).toBe(`RegistryError: lab: GET tags a: ${cut}`)
  await expect(client.referrers('a', DIGEST)).rejects.toThrow(cut)
})

it.each([
  [{ entries: 3 }, '3 entries'],
  [{ bytes: 1_000 }, '1000 bytes'],
  [{ ms: 50 }, '0.05 s'],
])('cuts a list with more than %j', async (limits, words) => {
  const { client } = await endless(limits)
  const { names, error } = await readOut(client.tags('a'))
  expect(names.length).toBeGreaterThan(0)
  expect(error).toMatch(new RegExp(`the list is cut: more than ${words}$`))
})

it('reads 200,000 tags in one answer, in several turns of the event loop', async () => {
  const tags = Array.from({ length: 200_000 }, (_, n) => `main-${n}-${'0'.repeat(20)}`)
  const body = JSON.stringify({ name: 'a', tags })
  const { client } = await registryThat((_request, response) => response.end(body))
  let turns = 0
  const ticking = setInterval(() => turns++)
  const { names } = await readOut(client.tags('a'))
  clearInterval(ticking)
  expect(names).toEqual(tags)
  expect(turns).toBeGreaterThan(20)
})

it.each([
  ['brackets', '['.repeat(8 << 20)],
  ['a list of brackets', `{"tags":[${'['.repeat(8 << 20)}]}`],
  ['numbers', `{"tags":[${'1,'.repeat(4 << 20)}1]}`],
  ['an endless name', `{"tags":["${'a'.repeat(8 << 20)}"]}`],
  ['much before the list', `{"x":"${'a'.repeat(8 << 20)}","tags":["a"]}`],
  ['no end', `{"tags":[${'"a",'.repeat(2 << 20)}`],
  ['more than 16 MiB', ' '.repeat(17 << 20)],
  ['a string as list', '{"tags":"a"}'],
])('refuses %s instead of a list of tags', async (_, body) => {
  const { client } = await registryThat((_request, response) => response.end(body))
  expect((await readOut(client.tags('a'))).error).toMatch(/list "tags"|longer than 16777216 bytes/)
})

it('reads a body that comes in chunks of one byte', async () => {
  const body = JSON.stringify({ tags: ['a', 'b'] })
  const { client } = await registryThat(async (_request, response) => {
    for (const letter of body) {
      response.write(letter)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  expect(await readOut(client.tags('a'))).toEqual({ names: ['a', 'b'] })
})

it('refuses a manifest of brackets without parsing it', async () => {
  const bytes = Buffer.alloc(4 << 20, '[')
  const { client } = await registryThat((_request, response) =>
    response.writeHead(200, { 'content-type': OCI_INDEX }).end(bytes),
  )
  expect((await client.getManifest('a', 'v1'))?.bytes.length).toBe(bytes.length)
  await expect(client.referrers('a', DIGEST)).rejects.toThrow('the answer is not a JSON object')
})
