import { expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const digest = (n: number) => `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
const push = (n: number, at: number): Fact => ({
  kind: 'push',
  repository: 'app',
  at,
  digest: digest(n),
  size: 500,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  tag: `v${n}`,
  references: [],
  extent: 'all',
})

test('forgets old deletions and no younger ones; manifests and their tags stay as they are', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const facts: Fact[] = Array.from({ length: 200 }, (_, n) => push(n, 10))
  for (let n = 0; n < 100; n++) {
    facts.push({ kind: 'delete', repository: 'app', at: n < 60 ? 20 : 40, digest: digest(n) })
    facts.push({ kind: 'untag', repository: 'app', at: n < 60 ? 20 : 40, tag: `gone${n}` })
  }
  await index.apply('ci/app', facts)
  const before = [await index.usage('ci/app'), await allImages(index, 'ci/app')]
  // 60 tombstones, 60 deleted tags, and the tags of the hundred manifests that were deleted.
  expect(await index.forget('ci/app', 30)).toBe(220)
  expect([await index.usage('ci/app'), await allImages(index, 'ci/app')]).toEqual(before)
  const left = (await Array.fromAsync(index.facts('ci/app'))).filter(({ kind }) => /delete|untag/.test(kind))
  expect(left.map(({ at }) => at)).toEqual(Array.from({ length: 80 }, () => 40))
  expect(await index.forget('ci/app', 30)).toBe(0)
  // A push that comes late, from before a deletion that is not forgotten, adds nothing.
  await index.apply('ci/app', [push(99, 15)])
  expect((await index.usage('ci/app'))?.manifests).toBe(100)
})
