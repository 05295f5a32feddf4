import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { ReconcileRun } from '../../src/reconcile/ledger.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading } from '../../src/reconcile/reading.ts'
import { ReconcileStopped } from '../../src/reconcile/reconcile.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

const redisBed = useRedis()
const folders: ReturnType<typeof makeRegistryFolder>[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

/** The storage of a registry with so many manifests in 20 repositories, which the index has read. */
async function indexed(
  manifests: number,
  changed: (reader: RegistryReader) => Partial<RegistryReader> = () => ({}),
) {
  const folder = makeRegistryFolder(manifests, { projects: 10, repositories: 2, imagesPerBase: 20 })
  folders.push(folder)
  const reader = makeStorageReader({ store: makeFolderView({ path: folder.root }), place: folder.root })
  const bed = makeReconcileBed(redisBed.redis, { ...reader, ...changed(reader) })
  await bed.run()
  expect(await bed.manifests()).toBe(manifests)
  const repositories = join(folder.root, 'docker/registry/v2/repositories')
  return {
    ...bed,
    root: folder.root,
    /** As when a volume is not mounted and the registry has made its folders anew. */
    unmount() {
      renameSync(repositories, `${repositories}.away`)
      mkdirSync(repositories)
    },
    mount() {
      rmSync(repositories, { recursive: true })
      renameSync(`${repositories}.away`, repositories)
    },
    /** Deletes so many manifests, with their tags. */
    remove(count: number) {
      const revisions = readdirSync(repositories, { recursive: true, encoding: 'utf8' }).filter((path) =>
        /revisions\/sha256\/[0-9a-f]{64}$/.test(path),
      )
      for (const path of revisions.sort().slice(0, count))
        rmSync(join(repositories, path), { recursive: true })
    },
  }
}

test('a registry that reads as empty empties nothing, until somebody accepts the loss', async () => {
  const { run, unmount, manifests, confidence, alerts } = await indexed(150)
  unmount()
  expect((await run({ dryRun: true })).hold).toEqual({ what: 'manifests', missing: 150, manifests: 150 })
  expect(alerts).toEqual([])
  const held = await run()
  expect(held).toMatchObject({
    hold: { what: 'manifests', missing: 150, manifests: 150 },
    drift: { manifestsGone: 150 },
  })
  expect(await manifests()).toBe(150)
  const text =
    'nothing is removed: 150 of the 150 manifests that were looked for are missing at the registry. ' +
    'If they were really deleted: tallyman reconcile ci --accept-loss'
  expect(await confidence()).toBe(`the reconcile of ${held.readAt} is held, and ${text}`)
  expect(alerts).toMatchObject([{ registry: 'ci', event: 'reconcile.held', text: `ci: ${text}` }])

  // Held again: nobody is told twice.
  await run()
  expect(alerts).toHaveLength(1)
  expect(await manifests()).toBe(150)

  expect(await run({ acceptLoss: true })).toMatchObject({ hold: null, drift: { manifestsGone: 150 } })
  expect(await manifests()).toBe(0)
  expect(await confidence()).toMatch(/^exact since/)
})

test('the index is exact again by itself when the storage is back', async () => {
  const { run, unmount, mount, manifests, confidence, alerts } = await indexed(150)
  unmount()
  await run()
  mount()
  expect(await run()).toMatchObject({ hold: null, drift: { manifestsGone: 0, manifestsMissed: 0 } })
  expect(await manifests()).toBe(150)
  expect(await confidence()).toMatch(/^exact since/)
  unmount()
  await run()
  expect(alerts).toHaveLength(2)
})

test.each([
  ['half of a registry is removed', 150, 75, 75],
  ['more than half is held', 150, 76, 150],
  ['of 100 manifests all are removed', 100, 100, 0],
])('%s', async (_, has, gone, left) => {
  const { run, remove, manifests } = await indexed(has)
  remove(gone)
  expect((await run()).drift.manifestsGone).toBe(gone)
  expect(await manifests()).toBe(left)
})

test('what the index lacks is added, even if the reconcile is held', async () => {
  const { run, index, remove, manifests } = await indexed(150)
  remove(100)
  // An event that was wrong: the repository is still there.
  const project = (await index.projects('ci')).at(-1) ?? ''
  const facts = await Array.fromAsync(index.facts(project))
  const repository = facts.at(-1)?.repository ?? ''
  await index.apply(project, [{ kind: 'drop', repository, at: Date.now() * 1000 }])
  const before = await manifests()
  const { hold, drift } = await run()
  expect(hold).not.toBeNull()
  expect(drift.manifestsMissed).toBeGreaterThan(0)
  expect(await manifests()).toBe(before + drift.manifestsMissed)
})

test('a run that is stopped half-way and goes on holds, too', async () => {
  const { run, unmount, manifests, ledger } = await indexed(150)
  unmount()
  let asked = 0
  await expect(run({}, { isStopping: () => ++asked > 10 })).rejects.toThrow(ReconcileStopped)
  const { repositories = 0, drift } = (await ledger.unfinishedRun('ci')) ?? {}
  expect(repositories).toBeGreaterThan(0)
  expect(drift?.manifestsGone).toBeLessThan(150)
  expect(await run()).toMatchObject({ hold: { what: 'manifests', missing: 150, manifests: 150 } })
  expect(await manifests()).toBe(150)
})

test('removals that a stopped run found are applied when it goes on', async () => {
  const { run, remove, manifests } = await indexed(150)
  remove(40)
  let asked = 0
  await expect(run({}, { isStopping: () => ++asked > 10 })).rejects.toThrow(ReconcileStopped)
  expect(await manifests()).toBe(150)
  expect((await run()).drift.manifestsGone).toBe(40)
  expect(await manifests()).toBe(110)
})

test('a process that has lost its job removes nothing more, and the job goes on with what is left', async () => {
  const { run, remove, manifests } = await indexed(150)
  remove(40)
  let isLost = false
  const control = {
    isStopping: () => false,
    async onProgress({ repositories }: ReconcileRun) {
      if (isLost) throw new Error('another one has taken the job')
      // All repositories are read. The next call comes before the first removal.
      isLost = repositories === 20 && readBefore++ > 0
    },
  }
  let readBefore = 0
  await expect(run({}, control)).rejects.toThrow('another one has taken the job')
  expect(await manifests()).toBe(150)
  expect((await run()).drift.manifestsGone).toBe(40)
  expect(await manifests()).toBe(110)
})

test('a storage that goes away while it is read removes nothing, even if less than half is missing', async () => {
  let isArmed = false
  let unmount = () => {}
  const bed = await indexed(150, (reader) => ({
    async *read(options) {
      let read = 0
      for await (const item of reader.read(options)) {
        if (isArmed && ++read === 14) unmount()
        yield item
      }
    },
  }))
  unmount = bed.unmount
  isArmed = true
  const { drift, hold, failures, failed } = await bed.run()
  expect(drift.manifestsGone).toBeGreaterThan(0)
  expect({ hold, failed, failures }).toEqual({
    hold: null,
    failed: 1,
    failures: ['nothing is removed, since the images that were read first are not there any more'],
  })
  expect(await bed.manifests()).toBe(150)
  // It is not exact as of this run.
  isArmed = false
  bed.mount()
  expect((await bed.run()).drift.manifestsGone).toBe(0)
})

/** A reader of 30 repositories. `readingOf` says what is in the repository `p/<n>`. */
const readerOf = (readingOf: (n: number) => RepositoryReading | ReadingFailure): RegistryReader => ({
  method: 'api',
  check: async () => {},
  answersForUpstream: async () => false,
  holds: async () => true,
  async *read() {
    for (let n = 10; n < 40; n++) yield readingOf(n)
  },
  countBlobs: async () => undefined,
  gitlabSize: async () => undefined,
})

/** Ten tagged manifests in the repository `p/<n>`. */
function reading(n: number, change: Partial<RepositoryReading> = {}): RepositoryReading {
  const manifests = Array.from({ length: 10 }, (_, i) => ({
    ...{
      digest: digestOf(Buffer.from(`${n} ${i}`)),
      size: 500,
      mediaType: '',
      references: [],
      modifiedAt: 0,
    },
  }))
  const tags = manifests.map(({ digest }, i) => ({ tag: `v${i}`, digest, modifiedAt: 0 }))
  return { repository: `p/${n}`, manifests, tags, unreadable: [], links: undefined, absent: [], ...change }
}
const EMPTY = { manifests: [], tags: [] }

/** Reconciles 30 full repositories, and then what `readingOf` gives. */
async function reconciledTwice(readingOf: (n: number) => RepositoryReading | ReadingFailure) {
  let current: typeof readingOf = reading
  const bed = makeReconcileBed(
    redisBed.redis,
    readerOf((n) => current(n)),
  )
  await bed.run()
  expect(await bed.manifests()).toBe(300)
  current = readingOf
  return { ...bed, report: await bed.run() }
}

test('if 16 of 30 repositories cannot be read and the others are empty, nothing is removed', async () => {
  const { report, manifests } = await reconciledTwice((n) =>
    n < 26 ? { repository: `p/${n}`, failure: 'torn' } : reading(n, EMPTY),
  )
  expect(report).toMatchObject({
    failed: 16,
    hold: { what: 'manifests', missing: 140, manifests: 140 },
  })
  expect(await manifests()).toBe(300)
})

test('if few repositories can be read and all of them are empty, nothing is removed', async () => {
  const { report, manifests } = await reconciledTwice((n) =>
    n < 35 ? { repository: `p/${n}`, failure: 'torn' } : reading(n, EMPTY),
  )
  expect(report.hold).toEqual({ what: 'manifests', missing: 50, manifests: 50 })
  expect(await manifests()).toBe(300)
})

test('if the same repositories are empty and others are found, they are removed', async () => {
  const { report, manifests } = await reconciledTwice((n) =>
    n < 30 ? { repository: `p/${n}`, failure: 'torn' } : reading(n, n < 35 ? {} : EMPTY),
  )
  expect(report.hold).toBeNull()
  expect(await manifests()).toBe(250)
})

const tagCount = async ({ index }: Pick<ReturnType<typeof makeReconcileBed>, 'index'>) =>
  (await index.usage('ci/p'))?.tags

test('if the registry lists no tags any more, none is removed until somebody accepts the loss', async () => {
  const bed = await reconciledTwice((n) => reading(n, { tags: [] }))
  expect(bed.report).toMatchObject({
    hold: { what: 'tags', missing: 300, manifests: 300 },
    drift: { manifestsGone: 0, tagsGone: 300 },
  })
  expect(await bed.confidence()).toContain(
    '300 of the 300 tagged manifests have lost all their tags at the registry',
  )
  expect(await tagCount(bed)).toBe(300)
  await bed.run({ acceptLoss: true })
  expect(await tagCount(bed)).toBe(0)
})

test.each([
  ['half of the tags', 5, 150],
  ['more than half of the tags, of which each manifest keeps another', 0, 300],
])('%s are removed', async (_, kept, left) => {
  const moved = (n: number) =>
    kept > 0
      ? reading(n).tags.slice(0, kept)
      : reading(n).tags.map(({ tag, ...rest }) => ({ ...rest, tag: `new-${tag}` }))
  const bed = await reconciledTwice((n) => reading(n, { tags: moved(n) }))
  expect(bed.report.hold).toBeNull()
  expect(await tagCount(bed)).toBe(left)
})

/** Pushes of manifests that the registry does not have. */
const forged = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ kind: 'push' as const, repository: `f${n}`, at: Date.now() * 1000 - 60_000_000, size: 500 },
    ...{ digest: digestOf(Buffer.from(`forged ${n}`)), mediaType: '', references: [] },
    ...{ tag: 'v1', extent: 'all' as const },
  }))

test('manifests that only events told of go away, however many, if the registry has an image of the index', async () => {
  const one = (n: number) => reading(n, { manifests: reading(n).manifests.slice(0, 1), tags: [] })
  const forgedReader = readerOf((n) => (n === 10 ? one(n) : reading(n, EMPTY)))
  const { read } = forgedReader
  const bed = makeReconcileBed(redisBed.redis, {
    ...forgedReader,
    async *read(options) {
      yield* read(options)
      for (const { repository } of options.expected)
        if (repository.startsWith('f')) yield { ...reading(0, EMPTY), repository }
    },
  })
  await bed.run()
  for (const fact of forged(120)) await bed.index.apply(`ci/${fact.repository}`, [fact])
  expect(await bed.manifests()).toBe(121)
  expect(await bed.run()).toMatchObject({ hold: null, drift: { manifestsGone: 120 } })
  expect(await bed.manifests()).toBe(1)
})

test('manifests that only events told of stay if the registry has none of the index', async () => {
  const bed = makeReconcileBed(
    redisBed.redis,
    readerOf((n) => ({ ...reading(n, EMPTY), repository: n === 10 ? 'f' : `p/${n}` })),
  )
  const facts = forged(120).map((fact) => ({ ...fact, repository: 'f' }))
  await bed.index.apply('ci/f', facts)
  expect((await bed.run()).hold).toEqual({ what: 'manifests', missing: 120, manifests: 120 })
  expect(await bed.manifests()).toBe(120)
})
