import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LabRegistry } from '../../lab/registry.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { collectGarbage } from './collect-garbage.ts'
import { fillRegistry, type Held, heldIn } from './filled-registry.ts'
import { nobody, readAll } from './read-all.ts'

export interface Storage {
  registry: LabRegistry
  /** What the registry stores in. */
  store: ObjectStore
}

/** What is read of a real registry's storage, wherever it is; `open` starts an empty one. */
export function storageContract(open: () => Promise<Storage>, timeout: number): void {
  let storage: Storage
  let filled: Awaited<ReturnType<typeof fillRegistry>>
  let startedAt: number
  const reader = () => makeStorageReader({ store: storage.store, place: 'the lab' })

  beforeAll(async () => {
    storage = await open()
    // Some storages tell times to the second.
    startedAt = Math.floor(Date.now() / 1000) * 1_000_000
    const client = makeRegistryClient({ name: 'lab', url: storage.registry.url })
    filled = await fillRegistry(client).finally(client.close)
  }, timeout)
  afterAll(() => storage?.registry.close())

  it('passes its check', () => reader().check())

  it('gives each repository what it holds', async () => {
    const readings = await readAll(reader().read({ known: [] }))
    expect(readings.map(({ repository }) => repository)).toEqual([...filled.held.keys()])
    for (const reading of readings) {
      expect(reading.unreadable).toEqual([])
      expect(heldIn(reading), reading.repository).toEqual(filled.held.get(reading.repository))
    }
  })

  it('says when each thing was linked', async () => {
    const now = Date.now() * 1000
    const readings = await readAll(reader().read({ known: [] }))
    const times = readings.flatMap(({ manifests, tags, links = [] }) =>
      [...manifests, ...tags, ...links].map(({ modifiedAt }) => modifiedAt),
    )
    expect(times.length).toBeGreaterThan(50)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(startedAt)
    expect(Math.max(...times)).toBeLessThanOrEqual(now)
    expect(times.every(Number.isSafeInteger)).toBe(true)
  })

  it('gives what is known and gone as empty, where it stood, and the rest after any', async () => {
    const known = ['z/lost', 'a/a', 'a'].map(nobody)
    const names = ['a-b', 'a/0', 'a', 'a/a', 'a/b', 'a0', 'gone/all', 'gone/some', 'odd', 'z/lost']
    for (const [n, after] of [undefined, ...names].entries()) {
      const readings = await readAll(reader().read({ known, ...(after === undefined ? {} : { after }) }))
      expect(readings.map(({ repository }) => repository)).toEqual(names.slice(n))
      for (const reading of readings)
        if (reading.repository === 'z/lost' || reading.repository === 'a/a')
          expect(heldIn(reading)).toEqual({ manifests: [], tags: [], links: [] })
    }
  })

  it('counts every blob that is stored', async () => {
    const blobs = new Map<string, number>()
    for (const { manifests, links } of filled.held.values())
      for (const { digest, size } of [...manifests, ...links]) blobs.set(digest, size)
    // Deleted, and in the storage until its garbage is collected.
    for (const content of filled.deleted) blobs.set(content.root.digest, content.root.size)
    const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0)
    expect(await reader().stored()).toEqual({ blobs: blobs.size, bytes })
  })

  it('leaves out links to what a garbage collection deleted', async () => {
    await collectGarbage(storage.registry)
    const kept = new Set([...filled.held.values()].flatMap(contents))
    for (const reading of await readAll(reader().read({ known: [] }))) {
      const before = filled.held.get(reading.repository)
      const links = (before?.links ?? []).filter(({ digest }) => kept.has(digest))
      expect(reading.unreadable).toEqual([])
      expect(heldIn(reading), reading.repository).toEqual({ ...before, links })
    }
    expect((await reader().stored())?.blobs).toBe(kept.size)
  })
}

/** The digests of a repository's manifests and of all that they are made of. */
const contents = ({ manifests }: Held): string[] =>
  manifests.flatMap(({ digest, references }) => [
    digest,
    ...references.filter((one) => !one.startsWith('subject')).map((one) => one.split(' ')[1] ?? ''),
  ])
