import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { type LabImage, makeIndex, OCI_INDEX, OCI_MANIFEST } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { image, multiPlatform, useExpiry } from './expire-bed.ts'

/** A real registry behind a cache, which answers what it has unless it is asked for what is true now (RFC 9111, 5.2.1.4). */
const bed = useExpiry()

async function startCache() {
  const answers = new Map<string, { status: number; headers: Headers; body: Buffer }>()
  const server = createServer(async ({ method = 'GET', url = '', headers }, response) => {
    const key = `${method} ${url}`
    const isRead = method === 'GET' || method === 'HEAD'
    const known = headers['cache-control'] === 'no-cache' ? undefined : answers.get(key)
    const answer = known ?? (await ask(method, url, headers.accept))
    if (isRead && answer.status === 200) answers.set(key, answer)
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answer.body)
  })
  async function ask(method: string, url: string, accept = '*/*') {
    const answer = await fetch(`${bed.registry.url}${url}`, { method, headers: { accept } })
    const body = Buffer.from(await answer.arrayBuffer())
    return { status: answer.status, headers: answer.headers, body }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const client = makeRegistryClient({ name: 'ci', url })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  /** Somebody else reads, so that the cache has it. */
  const read = (method: string, path: string) =>
    fetch(`${url}/v2/${bed.repository}/${path}`, {
      method,
      headers: { accept: [OCI_INDEX, OCI_MANIFEST].join() },
    }).then((answer) => answer.arrayBuffer())
  return { client, read }
}

const digestAt = async (tag: string) => (await bed.client.headManifest(bed.repository, tag))?.digest

test.each(['an image', 'an index that lists it'])(
  'a tag that no notification told is seen behind a cache that has an old list of tags: on %s',
  async (what) => {
    const { client, read } = await startCache()
    const { run, push } = bed.setUp({ client })
    const old: LabImage = image('old')
    await push('pr-1', old, bed.repository)
    await read('GET', 'tags/list?n=1000')
    const pushed = what === 'an image' ? old : makeIndex([{ image: old, architecture: 'amd64' }])
    await pushImage(bed.client, bed.repository, 'v1.0', pushed)
    expect((await run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
    expect(await digestAt('v1.0')).toBe(pushed.root.digest)
  },
)

test('an index is deleted with its children behind a cache that has them', async () => {
  const { client, read } = await startCache()
  const { run, push } = bed.setUp({ client })
  const old = multiPlatform('old')
  await push('pr-1', old, bed.repository)
  for (const digest of old.manifests.keys()) await read('HEAD', `manifests/${digest}`)
  const { deletes } = await run('branches', false)
  expect(deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted', 'deleted'])
})
