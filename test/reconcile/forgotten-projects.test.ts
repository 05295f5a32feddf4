import { afterEach, expect, test, vi } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { readStandings } from '../../src/quota/standings.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { projectSizesOf } from '../../src/usage/project-sizes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

const redisBed = useRedis()
const folders: ReturnType<typeof makeRegistryFolder>[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

const DAY_US = 86_400_000_000
const OTHER = `sha256:${'f'.repeat(64)}`

/** A registry's storage with ten images in one project, which the index has read. */
async function indexed() {
  const { redis } = redisBed
  const folder = makeRegistryFolder(10, { projects: 1, repositories: 1, imagesPerBase: 10 })
  folders.push(folder)
  const reader = makeStorageReader({ store: makeFolderView({ path: folder.root }), place: folder.root })
  const bed = makeReconcileBed(redis, reader)
  await bed.run()
  return {
    ...bed,
    /** What `GET /v1/projects` lists. */
    async listed(): Promise<string[]> {
      const sizesOf = (registry: string) => projectSizesOf({ redis, prefix: 't' }, registry)
      const standings = await readStandings({ registries: ['ci'], sizesOf, flags: bed.flags, largest: 0 })
      const all = { sort: 'name', registry: 'ci', flags: ['ok', 'warning', 'over'], limit: 10 } as const
      return standings.select(all).map(({ id }) => id)
    },
  }
}

const about = (repository: string) => ({ repository, at: Date.now() * 1000 - 60_000_000, digest: OTHER })
const push = (repository: string): Fact => ({
  ...{ kind: 'push', ...about(repository), size: 500, mediaType: '', tag: 'v1', extent: 'all' },
  references: [{ kind: 'blob', digest: `sha256:${'e'.repeat(64)}`, size: 1_000 }],
})
const pull = (repository: string): Fact => ({
  ...{ kind: 'pull', ...about(repository), size: 500, mediaType: '', tag: 'v1', id: `pull of ${repository}` },
})

test.each([
  ['a push', push],
  ['a pull', pull],
  ['a pull by a scanner', (repository: string): Fact => ({ kind: 'scan', ...about(repository), id: 'scan' })],
  ['an upload', (repository: string): Fact => ({ kind: 'link', ...about(repository), size: 500 })],
])(
  'a project that only %s told of, and that a reconcile does not find, is gone a month later',
  async (_, fact) => {
    const { index, flags, run, listed, time } = await indexed()
    const real = await listed()
    await index.apply('ci/forged', [fact('forged/app')])
    await flags.replace(projectSubject('ci/forged'), { text: '' }, { state: { ...NEVER, change: 2 } })
    await run()
    expect(await listed()).toEqual(['ci/forged', ...real])
    expect((await index.usage('ci/forged'))?.manifests).toBe(0)
    time.aheadUs = 30 * DAY_US
    await run()
    expect(await listed()).toEqual(['ci/forged', ...real])
    time.aheadUs = 32 * DAY_US
    await run()
    expect(await listed()).toEqual(real)
    expect(await index.usage('ci/forged')).toBeUndefined()
    expect(await redisBed.redis.keys('*forged*')).toEqual([])
    expect((await flags.all('project')).has('ci/forged')).toBe(false)
  },
)

test('a project that was forgotten comes back with the next push, whole and on the list', async () => {
  const { index, run, listed, time } = await indexed()
  const real = await listed()
  await index.apply('ci/back', [push('back/app'), pull('back/app')])
  await run()
  time.aheadUs = 32 * DAY_US
  await run()
  expect(await listed()).toEqual(real)
  await index.apply('ci/back', [push('back/app')])
  expect(await listed()).toEqual(['ci/back', ...real])
  // The registry learns of its contents, although it numbered the project before.
  expect(await index.usage('ci/back')).toMatchObject({ uniqueBytes: 1_500, exclusiveBytes: 1_500, pulls: 0 })
})

test('a project with an image, and one with a link, are kept however old they are', async () => {
  const { index } = await indexed()
  await index.apply('ci/image', [push('image/app')])
  await index.apply('ci/link', [{ kind: 'link', ...about('link/app'), size: 500 }])
  const before = [await index.projects('ci'), await index.usage('ci/image'), await index.usage('ci/link')]
  for (const project of await index.projects('ci')) await index.forget(project, Date.now() * 1000 + DAY_US)
  expect([await index.projects('ci'), await index.usage('ci/image'), await index.usage('ci/link')]).toEqual(
    before,
  )
})

test('a push that another process applies after its project was forgotten, and before it is off the list, keeps it on the list', async () => {
  const { redis } = redisBed
  const { index } = await indexed()
  const other = makeUsageIndex({ redis, prefix: 't' })
  // Now the other process takes the project to be on the list for a minute.
  await other.apply('ci/app', [])
  const remove = redis.srem.bind(redis)
  vi.spyOn(redis, 'srem').mockImplementationOnce(async (...args: Parameters<typeof remove>) => {
    expect(await index.usage('ci/app')).toBeUndefined()
    await other.apply('ci/app', [push('app/app')])
    return remove(...args)
  })
  await index.forget('ci/app', Date.now() * 1000 + DAY_US)
  expect(await index.usage('ci/app')).toMatchObject({ manifests: 1, exclusiveBytes: 1_500 })
  expect(await index.projects('ci')).toContain('ci/app')
})
