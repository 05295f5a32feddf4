import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import type { LabImage } from '../../lab/image.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import type { ExpectedManifest, ExpectedRepository } from '../../src/reconcile/reading.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import type { Age } from '../../src/usage/age.ts'
import { inIndex, readAll } from './read-all.ts'

/** The time of each reading. */
export const NOW = Date.UTC(2026, 10, 26) * 1000
export const undated: Age = { source: 'undated', at: NOW }
export const builtIn = (time: string): Age => ({ source: 'image', at: Date.parse(time) * 1000 })

/** Ages that the index may have. */
export const known = builtIn('2023-03-03T00:00:00Z')
export const unknown: Age = { source: 'seen', at: NOW }

export const readerOf = (client: RegistryClient) => makeApiReader({ client, now: () => NOW })

/** A repository of which the index has these images: all of them, and the ages of those that are `dated`. */
export const complete = (repository: string, images: LabImage[], dated: LabImage[]): ExpectedRepository =>
  expectedOf(
    repository,
    images.map(({ root }) => ({
      ...root,
      isComplete: true,
      age: dated.some((one) => one.root.digest === root.digest) ? known : unknown,
    })),
  )

export const expectedOf = (repository: string, manifests: ExpectedManifest[]): ExpectedRepository => ({
  repository,
  contents: async () => ({ manifests, unreferenced: [] }),
})

/** A real registry for the tests of a file. */
export function useAgeBed() {
  let registry: FaultyRegistry
  let client: RegistryClient
  beforeAll(async () => {
    registry = await startFaultyRegistry()
    client = makeRegistryClient({ name: 'lab', url: registry.url })
  })
  afterAll(async () => {
    await client?.close()
    await registry?.close()
  })
  beforeEach(() => registry.reset())
  return {
    get registry() {
      return registry
    },
    get client() {
      return client
    },
    /** Reads one repository. Returns the age of each manifest, by digest. */
    async agesIn(repository: string, expected: ExpectedRepository = inIndex(repository)) {
      const reader = readerOf({ ...client, async *catalog() {} })
      const [reading] = await readAll(reader.read({ expected: [expected] }))
      expect(reading?.unreadable).toEqual([])
      return new Map(reading?.manifests.map(({ digest, age }) => [digest, age]))
    },
    /** What was fetched since the last call: the digests of manifests and of blobs. */
    fetched(): string[] {
      const digests = registry.requests.flatMap(
        (one) => /^GET .*\/(?:manifests|blobs)\/(.*)$/.exec(one)?.[1] ?? [],
      )
      registry.reset()
      return digests.sort()
    },
  }
}
