import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LabRegistry } from '../../lab/registry.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { StoreView } from '../../src/store/folder-view.ts'
import { collectGarbage } from './collect-garbage.ts'
import { type Contents, contentsOf, fillRegistry } from './filled-registry.ts'
import { inIndex, readAll } from './read-all.ts'

export interface Storage {
  registry: LabRegistry
  /** Where the registry stores its content. */
  store: StoreView
}

/** Reads the storage of a real registry. `open` starts an empty registry on the storage under test. */
export function storageContract(open: () => Promise<Storage>): void {
  let storage: Storage
  let filled: Awaited<ReturnType<typeof fillRegistry>>
  let startedAt: number
  const reader = () => makeStorageReader({ store: storage.store, place: 'the lab' })

  beforeAll(async () => {
    storage = await open()
    // Some storages keep times to the second.
    startedAt = Math.floor(Date.now() / 1000) * 1_000_000
    const client = makeRegistryClient({ name: 'lab', url: storage.registry.url })
    filled = await fillRegistry(client).finally(client.close)
  })
  afterAll(() => storage?.registry.close())

  it('passes its check', () => reader().check())

  it('reads what each repository holds', async () => {
    const readings = await readAll(reader().read({ expected: [] }))
    expect(readings.map(({ repository }) => repository)).toEqual([...filled.contents.keys()])
    for (const reading of readings) {
      expect(reading.unreadable).toEqual([])
      expect(contentsOf(reading), reading.repository).toEqual(filled.contents.get(reading.repository))
    }
  })

  it('reads when each manifest, tag and blob was linked', async () => {
    const now = Date.now() * 1000
    const readings = await readAll(reader().read({ expected: [] }))
    const times = readings.flatMap(({ manifests, tags, links = [] }) => [
      ...[...manifests, ...tags].map(({ age }) => (age?.source === 'storage' ? age.at : 0)),
      ...links.map(({ modifiedAt }) => modifiedAt),
    ])
    expect(times.length).toBeGreaterThan(50)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(startedAt)
    expect(Math.max(...times)).toBeLessThanOrEqual(now)
    expect(times.every(Number.isSafeInteger)).toBe(true)
  })

  it('returns an expected repository that is gone as an empty one, in order, and can start after any', async () => {
    const expected = ['z/lost', 'a/a', 'a'].map((name) => inIndex(name))
    const names = ['a-b', 'a/0', 'a', 'a/a', 'a/b', 'a0', 'gone/all', 'gone/some', 'odd', 'z/lost']
    for (const [n, after] of [undefined, ...names].entries()) {
      const readings = await readAll(reader().read({ expected, ...(after === undefined ? {} : { after }) }))
      expect(readings.map(({ repository }) => repository)).toEqual(names.slice(n))
      for (const reading of readings)
        if (reading.repository === 'z/lost' || reading.repository === 'a/a')
          expect(contentsOf(reading)).toEqual({ manifests: [], tags: [], links: [] })
    }
  })

  it('counts every blob in the storage', async () => {
    const blobs = new Map<string, number>()
    for (const { manifests, links } of filled.contents.values())
      for (const { digest, size } of [...manifests, ...links]) blobs.set(digest, size)
    // What was deleted stays in the storage until its garbage is collected.
    for (const content of filled.deleted) blobs.set(content.root.digest, content.root.size)
    const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0)
    expect(await reader().countBlobs()).toEqual({ blobs: blobs.size, bytes })
  })

  it('leaves out links to blobs that a garbage collection deleted', async () => {
    await collectGarbage(storage.registry)
    const kept = new Set([...filled.contents.values()].flatMap(digestsOf))
    for (const reading of await readAll(reader().read({ expected: [] }))) {
      const before = filled.contents.get(reading.repository)
      const links = (before?.links ?? []).filter(({ digest }) => kept.has(digest))
      expect(reading.unreadable).toEqual([])
      expect(contentsOf(reading), reading.repository).toEqual({ ...before, links })
    }
    expect((await reader().countBlobs())?.blobs).toBe(kept.size)
  })
}

/** The digests of a repository's manifests and of their blobs and children. */
const digestsOf = ({ manifests }: Contents): string[] =>
  manifests.flatMap(({ digest, references }) => [
    digest,
    ...references.filter((one) => !one.startsWith('subject')).map((one) => one.split(' ')[1] ?? ''),
  ])
