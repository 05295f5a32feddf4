import { beforeEach, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

const [KB, GB] = [5_120, 2 ** 39]
const layer = digestOf(Buffer.from('layer'))
const at = (minute: number) => 1_795_449_746_000_000 + minute * 60_000_000

/** The push of a manifest of 500 bytes that states `size` for the layer. */
const push = (name: string, minute: number, size: number): Fact => ({
  kind: 'push',
  repository: 'app',
  at: at(minute),
  digest: digestOf(Buffer.from(name)),
  size: 500,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  references: [{ kind: 'blob', digest: layer, size }],
  extent: 'all',
})
const upload = (minute: number, size = KB): Fact => {
  return { kind: 'link', repository: 'app', at: at(minute), digest: layer, size }
}
const remove = (name: string, minute: number): Fact => {
  return { kind: 'delete', repository: 'app', at: at(minute), digest: digestOf(Buffer.from(name)) }
}
const unique = async (project: string) => (await index.usage(project))?.uniqueBytes
const exclusive = async (project: string) => (await index.usage(project))?.exclusiveBytes

test('a manifest that states 512 GiB for a layer of 5 kB changes no number of another project', async () => {
  await index.apply('ci/honest', [upload(1), push('image', 2, KB)])
  await index.apply('ci/liar', [push('lie', 3, GB)])
  expect([await exclusive('ci/honest'), await exclusive('ci/liar')]).toEqual([500, 500])
  // The honest project measured the layer.
  expect(await index.registryBytes('ci')).toBe(1000 + KB)

  await index.apply('ci/liar', [remove('lie', 4)])
  expect([await unique('ci/liar'), await exclusive('ci/liar')]).toEqual([0, 0])
  expect([await unique('ci/honest'), await exclusive('ci/honest')]).toEqual([500 + KB, 500 + KB])
  expect(await index.registryBytes('ci')).toBe(500 + KB)

  await index.apply('ci/honest', [remove('image', 5)])
  expect([await exclusive('ci/honest'), await index.registryBytes('ci')]).toEqual([0, 0])
})

test('whichever project leaves first, the registry holds nothing after the last', async () => {
  await index.apply('ci/liar', [push('lie', 1, GB)])
  await index.apply('ci/honest', [push('image', 2, KB)])
  expect(await index.registryBytes('ci')).toBe(1000 + GB)
  await index.apply('ci/honest', [remove('image', 3)])
  expect([await exclusive('ci/honest'), await exclusive('ci/liar')]).toEqual([0, 500 + GB])
  await index.apply('ci/liar', [remove('lie', 4)])
  expect([await exclusive('ci/liar'), await index.registryBytes('ci')]).toEqual([0, 0])
})

test('a stated size goes away with the last manifest that states it', async () => {
  await index.apply('ci/app', [push('image', 1, KB), push('lie', 2, GB), push('other lie', 3, GB)])
  expect(await unique('ci/app')).toBe(1500 + GB)
  await index.apply('ci/app', [remove('lie', 4)])
  expect(await unique('ci/app')).toBe(1000 + GB)
  await index.apply('ci/app', [remove('other lie', 5)])
  expect([await unique('ci/app'), await exclusive('ci/app')]).toEqual([500 + KB, 500 + KB])
  expect(await index.registryBytes('ci')).toBe(500 + KB)
})

test('a measured size beats a stated one, whichever comes first', async () => {
  await index.apply('ci/app', [push('lie', 2, GB)])
  await index.apply('ci/app', [upload(1)])
  expect([await unique('ci/app'), await exclusive('ci/app')]).toEqual([500 + KB, 500 + KB])
  expect(await index.registryBytes('ci')).toBe(500 + KB)
  // A later measurement corrects an earlier one.
  await index.apply('ci/app', [upload(9, 6_000), upload(8, 7_000)])
  expect([await unique('ci/app'), await index.registryBytes('ci')]).toEqual([6_500, 6_500])
})

test('a reference without a size and an older upload give the same size in both orders', async () => {
  const facts = [push('image', 2, 0), upload(1, 8_277)]
  for (const fact of facts) await index.apply('ci/a', [fact])
  for (const fact of facts.toReversed()) await index.apply('ci/b', [fact])
  expect([await unique('ci/a'), await unique('ci/b')]).toEqual([8_777, 8_777])
})

test('many manifests that each state another size cost little, and leave nothing', async () => {
  const lies = Array.from({ length: 3_000 }, (_, n) => push(`lie ${n}`, 1, KB + n))
  await index.applyAll(new Map([['ci/app', lies]]))
  expect(await unique('ci/app')).toBe(3_000 * 500 + KB + 2_999)
  const removals = lies.map((_, n) => remove(`lie ${n}`, 2))
  await index.applyAll(new Map([['ci/app', removals]]))
  expect([await unique('ci/app'), await index.registryBytes('ci')]).toEqual([0, 0])
  expect(await bed.redis.exists('t:{ci/app}:claims')).toBe(0)
  // The layer is still linked, but its size was never measured.
  expect((await index.usage('ci/app'))?.unreferencedBytes).toBe(0)
})

test('an index that another version wrote is not read', async () => {
  await index.apply('ci/app', [push('image', 1, KB)])
  await bed.redis.hdel('t:{ci/app}:meta', 'layout')
  const refused = /written by another version/
  await expect(index.apply('ci/app', [])).rejects.toThrow(refused)
  await expect(allImages(index, 'ci/app')).rejects.toThrow(refused)
  await expect(Array.fromAsync(index.facts('ci/app'))).rejects.toThrow(refused)
  await bed.redis.hdel('t:{ci}:exclusive', 'layout')
  await expect(index.apply('ci/other', [push('image', 1, KB)])).rejects.toThrow(refused)
})
