import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { makeGroupMembers } from '../../src/quota/group-members.ts'
import { makeMeasure } from '../../src/quota/measure.ts'
import type { Measure, Quota } from '../../src/quota/quota.ts'
import { makeQuotas } from '../../src/quota/quotas.ts'
import { taggedBytes } from '../../src/usage/tagged-bytes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const AT = 1_795_449_746_518_381

const blob = (letter: string, size: number) => ({ kind: 'blob' as const, digest: digest(letter), size })
const push = (repository: string, letter: string, references: object[], tag?: string) => ({
  ...{ kind: 'push' as const, repository, at: AT, digest: digest(letter), size: 10, mediaType: '' },
  ...{ references: references as never, ...(tag !== undefined && { tag }) },
})

test('a project, a group and a registry are measured by what their quotas say', async () => {
  const on = { redis: bed.redis, prefix: 't' }
  const index = makeUsageIndex(on)
  const members = makeGroupMembers(on)
  const group = { group: 'g', projects: ['ci/*'], limit: 1, measure: 'referenced', warnAt: [0.8] } as const
  const { measure, measureAndNote } = makeMeasure({
    ...{ index, members, quotas: () => makeQuotas([group], ['ci']) },
    taggedBytes: (project) => taggedBytes(index, project),
    storedBytes: async (registry) => (registry === 'ci' ? 9_999 : undefined),
  })
  await index.apply('ci/a', [
    // An image of two platforms, of which one has no tag of its own; and an image that lost its tag.
    push('a', '1', [{ kind: 'child', digest: digest('2'), size: 0 }], 'v1'),
    push('a', '2', [blob('b', 100), blob('c', 200)]),
    push('a', '3', [blob('c', 200), blob('d', 1_000)]),
    push('a/x', '4', [blob('b', 100)], 'v1'),
  ])
  await index.apply('ci/b', [push('b', '5', [blob('c', 200)], 'v1')])

  const quota = (measure: Measure): Quota => ({ measure, limit: 1, warnAt: [0.8] })
  const bytesOf = async (measured: Measure) => (await measure(projectSubject('ci/a'), quota(measured)))?.bytes
  expect(await bytesOf('unique')).toBe(40 + 100 + 200 + 1_000)
  expect(await bytesOf('exclusive')).toBe(40 + 100 + 1_000)
  expect(await bytesOf('referenced')).toBe(40 + 300 + 1_200 + 100)
  expect(await bytesOf('tagged')).toBe(30 + 100 + 200)
  expect(await measure(projectSubject('ci/a'), quota('unique'))).toMatchObject({ tags: 2, manifests: 4 })
  expect(await measure(projectSubject('ci/none'), quota('tagged'))).toMatchObject({ bytes: 0, tags: 0 })

  const registry = (id: string, measured: Measure) => measure({ kind: 'registry', id }, quota(measured))
  expect(await registry('ci', 'unique')).toMatchObject({ bytes: 50 + 100 + 200 + 1_000 })
  expect(await registry('ci', 'stored')).toMatchObject({ bytes: 9_999 })
  expect(await registry('hub', 'stored')).toBeUndefined()

  expect(await measure({ kind: 'group', id: 'g' }, group)).toBeUndefined()
  for (const id of ['ci/a', 'ci/b']) await measureAndNote(projectSubject(id), undefined)
  await members.complete(group)
  expect(await measure({ kind: 'group', id: 'g' }, group)).toMatchObject({
    ...{ bytes: 1_640 + 210, tags: 3, manifests: 5, projects: ['ci/a', 'ci/b'] },
  })
  await index.apply(
    'ci/a',
    ['a', 'a/x'].map((repository) => ({ kind: 'drop', repository, at: AT + 1 })),
  )
  await measureAndNote(projectSubject('ci/a'), undefined)
  expect(await measure({ kind: 'group', id: 'g' }, group)).toMatchObject({ bytes: 210, projects: ['ci/b'] })
})
