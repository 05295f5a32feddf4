import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeRepositories } from '../../src/reconcile/repository-order.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { inIndex } from './read-all.ts'

/** Names that begin with one another, with every kind of separator. */
const component = fc.constantFrom('a', 'a-b', 'a.b', 'a_b', 'a--0', 'a0', '0', 'ab', 'b')
const name = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const names = fc.uniqueArray(name, { maxLength: 12 })
const expectedAll = (repositories: string[]) => repositories.map((repository) => inIndex(repository))

/** Sorted by the bytes of a storage key that each repository has. */
const sorted = (repositories: Iterable<string>): string[] =>
  [...new Set(repositories)].sort((a, b) => Buffer.compare(Buffer.from(`${a}/_l`), Buffer.from(`${b}/_l`)))

it('merges listed and expected repositories, each once, in the order of storage keys', async () => {
  await fc.assert(
    fc.asyncProperty(names, names, async (listed, indexed) => {
      const merged = await Array.fromAsync(mergeRepositories(sorted(listed), expectedAll(indexed)))
      const repositories = merged.map((item) => ('failure' in item ? expect.unreachable(item.failure) : item))
      expect(repositories.map(({ repository }) => repository)).toEqual(sorted([...listed, ...indexed]))
      for (const item of repositories)
        expect(item.expected?.repository).toBe(
          indexed.includes(item.repository) ? item.repository : undefined,
        )
    }),
  )
})

it('starts after any repository, and keeps failures where they stand', async () => {
  await fc.assert(
    fc.asyncProperty(names, names, name, async (listed, indexed, after) => {
      const failure = { failure: 'some folder' }
      const [items, expected] = [[...sorted(listed), failure], expectedAll(indexed)]
      const all = await Array.fromAsync(mergeRepositories(items, expected))
      const rest = mergeRepositories(items, expected, after)
      const isAfter = (repository: string) => repository !== after && sorted([repository, after])[0] === after
      expect(await Array.fromAsync(rest)).toEqual(
        all.filter((item) => 'failure' in item || isAfter(item.repository)),
      )
    }),
  )
})

it('finds the repositories of a storage in that order, and can start after any of them', async () => {
  const base = await mkdtemp(join(tmpdir(), 'tallyman-order-'))
  let roots = 0
  try {
    await fc.assert(
      fc.asyncProperty(names, names, name, async (there, indexed, after) => {
        const path = join(base, String(roots++))
        await mkdir(join(path, 'docker/registry/v2/repositories/Not-A-Name/_manifests'), { recursive: true })
        for (const [n, repository] of there.entries()) {
          const folder = n % 2 === 0 ? '_manifests' : '_layers'
          await mkdir(join(path, 'docker/registry/v2/repositories', repository, folder), { recursive: true })
        }
        const reader = makeStorageReader({ store: makeFolderStore({ path }), place: path })
        const all = sorted([...there, ...indexed])
        const empty = (repository: string) => ({
          repository,
          manifests: [],
          unreadable: [],
          tags: [],
          links: [],
          absent: [],
        })
        expect(await Array.fromAsync(reader.read({ expected: expectedAll(indexed) }))).toEqual(all.map(empty))
        const rest = sorted([...all, after]).slice(sorted([...all, after]).indexOf(after) + 1)
        expect(await Array.fromAsync(reader.read({ after, expected: expectedAll(indexed) }))).toEqual(
          rest.map(empty),
        )
      }),
      { numRuns: 40 },
    )
  } finally {
    await rm(base, { recursive: true })
  }
})
