import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { anyGraph, closureOf, push } from './copy-graphs.ts'
import { failure, holdAll, type MemoryRegistry, makeMemoryRegistry } from './copy-memory-registry.ts'

const FROM = 'team/app'
const TO = 'released/app'

const copyWith = (
  { copyImage }: ReturnType<typeof makeCopier>,
  { source, target, digest }: { source: MemoryRegistry; target: MemoryRegistry; digest: string },
  to = TO,
) =>
  copyImage({
    source: { client: source.client, repository: FROM },
    target: { client: target.client, repository: to },
    ...{ sameRegistry: false, digest, sparse: 'refuse', verify: 'sample', referrers: true },
    mountFrom: async () => [],
  })

/** The manifests of a repository that are no lists of referrers, which the registry makes itself. */
const manifestsIn = (registry: MemoryRegistry, name: string): Set<string> => {
  const { manifests, tags } = registry.repository(name)
  const lists = new Set(
    [...tags].filter(([tag]) => /^sha256-[0-9a-f]+$/.test(tag)).map(([, digest]) => digest),
  )
  return new Set([...manifests.keys()].filter((digest) => !lists.has(digest)))
}

const timesOf = (calls: readonly string[], name: string): number[] => [
  ...Map.groupBy(
    calls.filter((call) => call.startsWith(`${name} `)),
    (call) => call,
  )
    .values()
    .map(({ length }) => length),
]

const registries = fc.record({ graph: anyGraph, sourceHasApi: fc.boolean(), targetHasApi: fc.boolean() })

test('what arrives is the image with all below it and all that belongs to it, each part once', async () => {
  await fc.assert(
    fc.asyncProperty(registries, async ({ graph, sourceHasApi, targetHasApi }) => {
      const source = makeMemoryRegistry({ hasReferrersApi: sourceHasApi })
      const target = makeMemoryRegistry({ hasReferrersApi: targetHasApi })
      const pushed = await push(graph, source, FROM)
      const copied = await copyWith(makeCopier(), { source, target, digest: pushed.root })
      const closure = closureOf(pushed)
      expect(manifestsIn(target, TO)).toEqual(closure.manifests)
      expect(new Set(target.repository(TO).blobs.keys())).toEqual(closure.blobs)
      expect(new Set(copied.manifests)).toEqual(closure.manifests)
      expect(copied.blobs.sent.count).toBe(closure.blobs.size)
      expect(timesOf(target.calls, 'uploadBlob').every((times) => times === 1)).toBe(true)
      expect(timesOf(target.calls, 'putManifest').every((times) => times === 1)).toBe(true)
      // Whoever asks the target finds what belongs to each part.
      for (const digest of closure.manifests) {
        const { subject = new Set(), tag } = pushed.belonging.get(digest) ?? {}
        const listed = (await target.client.referrers(TO, digest)).map((one) => one.digest)
        expect(new Set(listed)).toEqual(subject)
        expect(target.repository(TO).tags.get(`${digest.replace(':', '-')}.sig`)).toBe(tag)
      }
      expect([...target.repository(TO).tags.keys()].filter((tag) => !tag.startsWith('sha256-'))).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('copies that fail anywhere leave nothing half, and the next one sends nothing again', async () => {
  await fc.assert(
    fc.asyncProperty(
      registries,
      fc.nat({ max: 60 }),
      fc.nat({ max: 60 }),
      async ({ graph }, first, second) => {
        const [source, target] = [makeMemoryRegistry(), makeMemoryRegistry()]
        const pushed = await push(graph, source, FROM)
        const copier = makeCopier()
        let calls = 0
        const failAt = (n: number) => {
          calls = 0
          for (const registry of [source, target])
            registry.onCall(() => (calls++ === n ? failure(500) : undefined))
        }
        for (const n of [first, second, Number.POSITIVE_INFINITY]) {
          failAt(n)
          const copying = copyWith(copier, { source, target, digest: pushed.root })
          const result = await copying.catch((error) => expect(error).toMatchObject({ status: 500 }))
          if (n === Number.POSITIVE_INFINITY) expect(result).toBeDefined()
        }
        const closure = closureOf(pushed)
        expect(manifestsIn(target, TO)).toEqual(closure.manifests)
        expect(new Set(target.repository(TO).blobs.keys())).toEqual(closure.blobs)
        expect(target.openUploads.size).toBe(0)
        const stored = target.calls.filter((call) => call.startsWith('uploadBlob'))
        // One that was refused with 500 is sent again.
        expect(stored.length).toBeLessThanOrEqual(closure.blobs.size + 2)
      },
    ),
    { numRuns: 150 },
  )
})

test('ten copies at once, to the same and to other repositories, send each blob once', async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, async (graph) => {
      const [source, target] = [makeMemoryRegistry(), makeMemoryRegistry()]
      const pushed = await push(graph, source, FROM)
      const copier = makeCopier()
      const repositories = Array.from({ length: 10 }, (_, n) => `${TO}${n % 4}`)
      await Promise.all(
        repositories.map((to) => copyWith(copier, { source, target, digest: pushed.root }, to)),
      )
      const closure = closureOf(pushed)
      for (const to of repositories) {
        expect(manifestsIn(target, to)).toEqual(closure.manifests)
        expect(new Set(target.repository(to).blobs.keys())).toEqual(closure.blobs)
      }
      expect(target.calls.filter((call) => call.startsWith('uploadBlob'))).toHaveLength(closure.blobs.size)
      expect(target.openUploads.size).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('what the target has is neither sent nor written', async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, async (graph) => {
      const [source, target] = [makeMemoryRegistry(), makeMemoryRegistry()]
      const pushed = await push(graph, source, FROM)
      holdAll(source, FROM, target, TO)
      const copied = await copyWith(makeCopier(), { source, target, digest: pushed.root })
      const closure = closureOf(pushed)
      expect(copied.blobs).toMatchObject({ sent: { count: 0 }, present: { count: closure.blobs.size } })
      expect(target.calls.filter((call) => /^(putManifest|uploadBlob) \S+ sha256:/.test(call))).toEqual([])
      // A byte of each blob was read.
      expect(target.calls.filter((call) => call.startsWith('readsBlob'))).toHaveLength(closure.blobs.size)
    }),
    { numRuns: 50 },
  )
})

test('of copies at once in which a call fails, those that succeed have brought everything', async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, fc.nat({ max: 60 }), async (graph, n) => {
      const [source, target] = [makeMemoryRegistry(), makeMemoryRegistry()]
      const pushed = await push(graph, source, FROM)
      let calls = 0
      for (const registry of [source, target])
        registry.onCall(() => (calls++ === n ? failure(500) : undefined))
      const copier = makeCopier()
      const copies = [TO, TO, `${TO}2`].map((to) =>
        copyWith(copier, { source, target, digest: pushed.root }, to).then(() => to),
      )
      const closure = closureOf(pushed)
      const ends = await Promise.allSettled(copies)
      expect(ends.filter(({ status }) => status === 'rejected').length).toBeLessThanOrEqual(1)
      for (const end of ends) {
        if (end.status === 'rejected') continue
        expect(manifestsIn(target, end.value)).toEqual(closure.manifests)
        expect(new Set(target.repository(end.value).blobs.keys())).toEqual(closure.blobs)
      }
      expect(target.openUploads.size).toBe(0)
    }),
    { numRuns: 100 },
  )
})
