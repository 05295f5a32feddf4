import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

const T = 1_795_449_746_000_000
const digest = (n: number) => `sha256:${n.toString(16).padStart(8, '0').repeat(8)}`
const push = (n: number, tag: string, references: Reference[] = []): Fact => ({
  ...{ kind: 'push', repository: 'app', at: T, digest: digest(n), size: 500, mediaType: '' },
  ...{ tag, references, extent: 'all' },
})
const nameOf = (n: number) => `build-${String(n).padStart(5, '0')}`
const names = async (page: { after?: string; limit: number }) =>
  (await index.tags('ci/app', 'app', page)).map(({ tag }) => tag)

test.each([900, 2_500])(
  'pages of %d tags give each tag once, in order, and none that is deleted',
  async (count) => {
    const all = Array.from({ length: count }, (_, n) => push(Math.floor(n / 10), nameOf(n)))
    await index.applyAll(new Map([['ci/app', all.toReversed()]]))
    // Every third tag is deleted, and so is a manifest with ten tags.
    const untags = all.flatMap((_, n): Fact[] =>
      n % 3 === 0 ? [{ kind: 'untag', repository: 'app', at: T + 1, tag: nameOf(n) }] : [],
    )
    untags.push({ kind: 'delete', repository: 'app', at: T + 1, digest: digest(5) })
    await index.applyAll(new Map([['ci/app', untags]]))
    const expected = all.flatMap((_, n) => (n % 3 === 0 || Math.floor(n / 10) === 5 ? [] : [nameOf(n)]))
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await names({ limit: 70, ...(after !== undefined && { after }) })
      found.push(...page)
      if (page.length === 0) break
      after = page.at(-1)
    }
    expect(found).toEqual(expected)
    await index.forget('ci/app', T + 2)
    expect(await names({ limit: 10_000 })).toEqual(expected)
    expect(await bed.redis.exists('t:{ci/app}:tag-names:1')).toBe(count > 1_000 ? 1 : 0)
  },
)

test('the size of an index is that of all its parts, each content once', async () => {
  const blob = (n: number, size: number): Reference => ({ kind: 'blob', digest: digest(n), size })
  const child = (n: number): Reference => ({ kind: 'child', digest: digest(n), size: 500 })
  const parts = [
    push(1, 'amd64', [blob(101, 1_000), blob(102, 70)]),
    push(2, 'arm64', [blob(101, 1_000), blob(103, 9)]),
    push(3, 'v1', [child(1), child(2), child(99)]),
  ]
  await index.apply('ci/app', parts)
  const sizes = (await index.tags('ci/app', 'app', { limit: 9 })).map(({ tag, wholeSize, children }) => [
    ...[tag, wholeSize, children],
  ])
  expect(sizes).toEqual([
    ['amd64', 1_570, 0],
    ['arm64', 1_509, 0],
    ['v1', 1_500 + 1_079, 3],
  ])
})
