import { expect, onTestFinished, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { type GitLabSize, readGitLabSize } from '../../src/reconcile/gitlab-size.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { startFakeGitLab } from '../registry/fake-gitlab.ts'

const sized = (bytes: number) => ({ size_bytes: bytes, size_precision: 'default' as const })

/** A GitLab with an image in each repository, read by a Tallyman of its own. */
async function reconciled(repositories: string[], sizes: Record<string, number>, hasDatabase = true) {
  const gitlab = await startFakeGitLab({ hasDatabase })
  const client = makeRegistryClient({ name: 'ci', url: gitlab.url })
  const image = makeImage({ layers: [{ seed: 'shared', bytes: 5_000 }], label: 'x' })
  for (const name of repositories) await pushImage(client, name, 'v1', image)
  for (const [name, bytes] of Object.entries(sizes)) gitlab.sizes.set(name, sized(bytes))
  gitlab.requests.length = 0
  const tallyman = await startTallyman({
    registries: { ci: { url: gitlab.url, token: WEBHOOK_TOKEN, repositories: { names: repositories } } },
  })
  onTestFinished(async () => {
    await tallyman.close()
    await client.close()
    await gitlab.close()
  })
  await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/registries/ci/reconcile', payload: {} },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  const { registries } = await eventually(
    () => tallyman.get<{ registries: Registry[] }>('/v1/registries'),
    ({ registries: [ci] }) => ci?.lastReconcile !== null,
  )
  return { ci: registries[0], requests: gitlab.requests.filter((request) => request.includes('size=')) }
}
interface Registry {
  uniqueBytes: number
  confidence: string
  gitlab: (GitLabSize & { why: string }) | null
  lastReconcile: { failed: number } | null
}

test('GitLab’s own number is shown beside ours, with the reason why they differ', async () => {
  const { ci, requests } = await reconciled(['a/app', 'a/web', 'b/app'], { a: 5_000, b: 5_000 })
  expect(ci?.gitlab).toEqual({
    ...{ bytes: 10_000, namespaces: 2, withUntagged: false, failures: [] },
    why: expect.stringContaining('once in each root namespace'),
  })
  expect(ci?.uniqueBytes).toBeGreaterThan(5_000)
  expect(ci?.uniqueBytes).toBeLessThan(10_000)
  const asked = (name: string) => `GET /gitlab/v1/repositories/${name}/?size=self_with_descendants`
  expect([...new Set(requests)]).toEqual([asked('a'), asked('b')])
})

test('a namespace whose size cannot be read is a note: the reconcile is exact all the same', async () => {
  const { ci } = await reconciled(['a/app', 'b/app'], { a: 5_000 })
  expect(ci?.gitlab).toMatchObject({
    ...{ bytes: 5_000, namespaces: 1 },
    failures: [expect.stringContaining("GitLab's size of b: 404")],
  })
  expect(ci?.lastReconcile?.failed).toBe(0)
  expect(ci?.confidence).toMatch(/^exact since/)
})

test('another registry has no such number', async () => {
  const { ci, requests } = await reconciled(['a/app'], {}, false)
  expect(ci).toMatchObject({ gitlab: null, lastReconcile: { failed: 0 } })
  expect(requests).toEqual([])
})

const hasGitLabApi = async () => true
const namespaces = (count: number) => new Set(Array.from({ length: count }, (_, n) => `group-${n}`))

test('at most 100 namespaces are asked for, and none after a minute', async () => {
  const namespaceSize = async () => ({ bytes: 1, withUntagged: false })
  expect(await readGitLabSize({ hasGitLabApi, namespaceSize }, namespaces(250), () => 0)).toEqual({
    ...{ bytes: 100, namespaces: 100, withUntagged: false },
    failures: ['150 more namespaces were not asked for'],
  })
  let time = 0
  const slow = async () => {
    time += 25_000_000
    return { bytes: 1, withUntagged: time === 50_000_000 }
  }
  expect(await readGitLabSize({ hasGitLabApi, namespaceSize: slow }, namespaces(10), () => time)).toEqual({
    ...{ bytes: 3, namespaces: 3, withUntagged: true },
    failures: ['7 more namespaces were not asked for'],
  })
})

test('the first 5 failures are listed, also that of the question whether it is GitLab', async () => {
  const fail = async () => Promise.reject(new Error('no'))
  expect(
    (await readGitLabSize({ hasGitLabApi, namespaceSize: fail }, namespaces(9), () => 0))?.failures,
  ).toEqual(Array(5).fill('no'))
  expect(await readGitLabSize({ hasGitLabApi: fail, namespaceSize: fail }, namespaces(1), () => 0)).toEqual({
    bytes: 0,
    namespaces: 0,
    withUntagged: false,
    failures: ['no'],
  })
})
