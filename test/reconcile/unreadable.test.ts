import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { NO_LOSS } from '../../src/reconcile/hold.ts'
import { count, newRun } from '../../src/reconcile/run.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

const redisBed = useRedis()
const folders: ReturnType<typeof makeRegistryFolder>[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

const DAY = 86_400_000_000
const digest = `sha256:${'d'.repeat(64)}`

/** A registry of 80 manifests in four projects. `damage` tears the first manifests of its first project. */
function setUp() {
  const folder = makeRegistryFolder(80, { projects: 4, repositories: 2, imagesPerBase: 20 })
  folders.push(folder)
  const root = join(folder.root, 'docker/registry/v2')
  const revisions = readdirSync(join(root, 'repositories'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /revisions\/sha256\/[0-9a-f]{64}\/link$/.test(path))
    .sort()
  const repositoryOf = (path: string) => path.slice(0, path.indexOf('/_manifests'))
  const reader = makeStorageReader({ store: makeFolderView({ path: folder.root }), place: folder.root })
  return {
    ...makeReconcileBed(redisBed.redis, reader),
    /** Tears so many manifests of each repository of the first project. */
    damage(each: number) {
      const [first = ''] = revisions
      const project = first.slice(0, first.indexOf('/'))
      const inProject = revisions.filter((path) => path.startsWith(`${project}/`))
      const torn = [...Map.groupBy(inProject, repositoryOf).values()].flatMap((paths) => paths.slice(0, each))
      for (const path of torn) {
        const hex = readFileSync(join(root, 'repositories', path), 'utf8').slice('sha256:'.length)
        writeFileSync(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), '{')
      }
      return { project: `ci/${project}`, torn: torn.map(repositoryOf) }
    },
  }
}

test('images that cannot be read are named, stay in the index, and keep no gap open', async () => {
  const { run, damage, manifests, ledger, confidence } = setUp()
  await run()
  const { torn } = damage(3)
  await ledger.noteGap('ci', { since: 1, reason: 'the registry was restarted', cause: 'a' }, 1)
  const report = await run()
  expect(report).toMatchObject({ failed: 0, unreadable: 6, unreadableRepositories: 2 })
  expect(report.unreadableImages.map(({ repository }) => repository).sort()).toEqual(torn.sort())
  for (const { image, reason } of report.unreadableImages) {
    expect(image).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(reason).toBe('its content (1 bytes) does not hash to its digest')
  }
  expect(await manifests()).toBe(80)
  expect((await ledger.status('ci')).gaps).toEqual([])
  expect(await confidence()).toBe(
    `images that are not whole: 6 (tallyman broken lists them); the numbers are as the registry has them, but for 6 images in 2 repositories, since ${report.readAt}`,
  )
})

test('at most 50 images that cannot be read are listed', () => {
  const run = newRun({ id: 'job', covers: 0, readAt: 0, firstReadAt: 0, manifests: 0 })
  const tags = Array.from({ length: 30 }, (_, n) => ({ tag: `v${n}`, reason: 'torn' }))
  for (const repository of ['a', 'b', 'c']) {
    const reading = { repository, manifests: [], tags: [], links: undefined, absent: [], unreadable: tags }
    count(run, { reading, drift: NO_DRIFT, loss: NO_LOSS })
  }
  const { unreadable, unreadableRepositories, unreadableImages } = run.unreadable
  expect({ unreadable, unreadableRepositories }).toEqual({ unreadable: 90, unreadableRepositories: 3 })
  expect(unreadableImages).toHaveLength(50)
  expect(unreadableImages.at(-1)).toEqual({ repository: 'b', image: 'v19', reason: 'torn' })
})

test('deletions are forgotten in every project but the one where something cannot be read', async () => {
  const { run, damage, index } = setUp()
  await run()
  const { project } = damage(1)
  const at = Date.now() * 1000 - 32 * DAY
  const projects = await index.projects('ci')
  for (const id of projects) {
    const [first] = await Array.fromAsync(index.facts(id))
    await index.apply(id, [{ kind: 'delete', repository: first?.repository ?? '', at, digest }])
  }
  await run()
  const remembered: string[] = []
  for (const id of projects)
    for await (const { kind } of index.facts(id)) if (kind === 'delete') remembered.push(id)
  expect(projects).toHaveLength(4)
  expect(remembered).toEqual([project])
})
