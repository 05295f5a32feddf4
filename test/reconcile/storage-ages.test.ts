import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { builtAt } from './dated-image.ts'
import { readAll } from './read-all.ts'

let registry: LabRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.close())

const one = builtAt('2025-01-01T00:00:00Z')
const [pushed, moved] = ['2026-02-03T04:05:06Z', '2026-07-08T09:10:11Z']

/** Gives a link below `_manifests` this time. */
const setTime = (link: string, time: string) =>
  utimes(
    join(registry.storage, 'docker/registry/v2/repositories/a/_manifests', link, 'link'),
    new Date(),
    new Date(time),
  )
const revision = `revisions/sha256/${one.root.digest.slice('sha256:'.length)}`

async function read() {
  const reader = makeStorageReader({ store: makeFolderView({ path: registry.storage }), place: 'the lab' })
  const [reading] = await readAll(reader.read({ expected: [] }))
  return reading
}

it('an image is as old as the link of its revision, and a tag as its current link', async () => {
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  for (const tag of ['latest', 'v1']) await pushImage(client, 'a', tag, one)
  await client.close()
  await setTime(revision, pushed)
  await setTime('tags/latest/current', moved)
  await setTime('tags/v1/current', pushed)
  const age = (time: string) => ({ source: 'storage', at: Date.parse(time) * 1000 })
  const reading = await read()
  expect(reading?.manifests).toEqual([expect.objectContaining({ digest: one.root.digest, age: age(pushed) })])
  expect(reading?.tags.toSorted((a, b) => (a.tag < b.tag ? -1 : 1))).toEqual([
    { tag: 'latest', digest: one.root.digest, age: age(moved) },
    { tag: 'v1', digest: one.root.digest, age: age(pushed) },
  ])
})

it.each(['1970-01-01T00:00:00Z', '1980-01-01T00:00:00Z'])('a link of %s tells no age', async (time) => {
  await setTime(revision, time)
  await setTime('tags/latest/current', time)
  const reading = await read()
  expect(reading?.manifests[0]).not.toHaveProperty('age')
  expect(reading?.tags.find(({ tag }) => tag === 'latest')).toEqual({
    tag: 'latest',
    digest: one.root.digest,
  })
})
