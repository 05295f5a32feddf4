import { expect, test } from 'vitest'
import { type LabImage, makeIndex } from '../../lab/image.ts'
import { DAY } from '../../lab/images.ts'
import { pushImage } from '../../lab/push-image.ts'
import { expiring } from '../../lab/rules.ts'
import { makeFindProtected } from '../../src/expiry/protected.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { referencesOf } from '../../src/usage/references-of.ts'
import { image, multiPlatform, NOW, PUSHED_AT, pullOf, taggedAs, useExpiry } from './expire-bed.ts'

/** What arrives while a run deletes by a plan that is not made anew for each delete, as in production. */
const bed = useExpiry()
const pace = { planMs: 60_000, atOnce: 1 }
const outcomes = (record: { deletes: { outcome: string }[] }) => record.deletes.map(({ outcome }) => outcome)
const indexOf = (child: LabImage) => makeIndex([{ image: child, architecture: 'amd64' }])

function pushOf(tag: string, pushed: LabImage, at: number): Fact {
  const { digest, size } = pushed.root
  const { bytes, mediaType } = pushed.manifests.get(digest) ?? { bytes: Buffer.alloc(0), mediaType: '' }
  const references = referencesOf(parseManifest(bytes, mediaType))
  return {
    kind: 'push',
    repository: bed.repository,
    at,
    digest,
    size,
    mediaType,
    references,
    extent: 'all',
    tag,
  }
}

/** Runs `act` before the registry gets the first request that `matches`. */
function before(matches: RegExp, act: () => Promise<unknown>): void {
  let isDone = false
  bed.registry.onRequest(async ({ method, path }) => {
    if (isDone || !matches.test(`${method} ${path}`)) return undefined
    isDone = true
    await act()
    return undefined
  })
}

/** Pushes two images that the policy deletes. Returns the one that it deletes second. */
async function secondOfTwo(push: ReturnType<typeof bed.setUp>['push']): Promise<LabImage> {
  const [a, b] = [image('a'), image('b')]
  await push('pr-a', a, bed.repository)
  await push('pr-b', b, bed.repository)
  return a.root.digest < b.root.digest ? b : a
}

test.each(['a child', 'a child of a child'])(
  'an image is kept that an index at the registry lists which no notification told: as %s',
  async (how) => {
    const { run, push } = bed.setUp({ pace })
    const { repository, client } = bed
    const old = image('old')
    await push('pr-1', old, repository)
    await pushImage(client, repository, 'v1', how === 'a child' ? indexOf(old) : indexOf(indexOf(old)))
    expect((await run('branches', false)).deletes).toMatchObject([
      { outcome: 'moved', why: 'it belongs to the tag v1 of the registry, which no notification told' },
    ])
  },
)

test('an image is kept that an index lists which was pushed since the plan', async () => {
  const { run, push, index } = bed.setUp({ pace })
  const second = await secondOfTwo(push)
  before(/DELETE/, async () => {
    await pushImage(bed.client, bed.repository, 'v1', indexOf(second))
    await index.apply(bed.project, [pushOf('v1', indexOf(second), NOW - 1)])
  })
  expect(outcomes(await run('branches', false))).toEqual(['deleted', 'moved'])
})

test('an image is kept that was pulled while the tags were looked up', async () => {
  const rules = expiring({ tag: 'pr-*', notUsedFor: 14 * (DAY / 1000) })
  const { run, push, index } = bed.setUp({ pace, rules })
  const old = image('old')
  await push('pr-1', old, bed.repository)
  before(/tags\/list/, () => index.apply(bed.project, [pullOf(old, bed.repository)]))
  expect(outcomes(await run('branches', false))).toEqual(['moved'])
})

test('nothing is deleted once the policy has the mode `plan`, also if tags were being looked up', async () => {
  let mode: 'plan' | 'apply' = 'apply'
  const { run, push } = bed.setUp({ pace: { ...pace, atOnce: 4 }, mode: () => mode })
  for (const name of ['a', 'b', 'c', 'd', 'e']) await push(`pr-${name}`, image(name), bed.repository)
  before(/tags\/list/, async () => {
    mode = 'plan'
  })
  expect(await run('branches', false)).toMatchObject({ state: 'stopped', deletes: [] })
  expect(bed.deletes).toEqual([])
})

test('a run ends when the index cannot be trusted any more', async () => {
  let doubt: string | undefined
  const { run, push, journal } = bed.setUp({ pace: { planMs: 0, atOnce: 1 }, doubtOf: async () => doubt })
  await secondOfTwo(push)
  before(/DELETE/, async () => {
    doubt = 'events may be missing since now'
  })
  await expect(run('branches', false)).rejects.toThrow('events may be missing since now')
  expect(bed.deletes).toHaveLength(1)
  expect((await journal.recent(1)).map(outcomes)).toEqual([['deleted']])
})

test.each(['pulled', 'tagged'])(
  'an image that was %s since the plan of its repository stays, though no rule is about use',
  async (how) => {
    const { run, push, index, store } = bed.setUp({ pace })
    const second = await secondOfTwo(push)
    before(/DELETE/, async () => {
      if (how === 'pulled') return index.apply(bed.project, [pullOf(second, bed.repository)])
      // The registry does not have the tag, so that only the index tells.
      return index.apply(bed.project, [taggedAs('pr-c', second, bed.repository)])
    })
    expect((await run('branches', false)).deletes).toMatchObject([
      { outcome: 'deleted' },
      { outcome: 'moved', why: 'it was used since the plan was made' },
    ])
    expect(await store.get(`trash/ci/${bed.repository}/${second.root.digest}.json`)).toBeUndefined()
  },
)

test('an index stays if a part of it was pulled since the plan', async () => {
  const { run, push, index } = bed.setUp({ pace })
  const [one, two] = [multiPlatform('one'), multiPlatform('two')]
  await push('pr-1', one, bed.repository)
  await push('pr-2', two, bed.repository)
  const second = one.root.digest < two.root.digest ? two : one
  const [part = ''] = [...second.manifests.keys()].filter((digest) => digest !== second.root.digest)
  before(/DELETE/, () =>
    index.apply(bed.project, [{ ...pullOf(second, bed.repository), digest: part } as Fact]),
  )
  await run('branches', false)
  for (const digest of second.manifests.keys())
    expect(await bed.client.headManifest(bed.repository, digest)).toBeDefined()
})

test('deleted images take no place among the newest', async () => {
  const rules = expiring({ tag: 'pr-*', keepNewest: 2, notUsedFor: 14 * (DAY / 1000) })
  const { run, push, index } = bed.setUp({ pace, rules })
  const { repository, project, registry, client } = bed
  const images = [image('0'), multiPlatform('1'), multiPlatform('2'), image('3'), image('4')]
  for (const [n, one] of images.entries()) {
    await push(`pr-${n}`, one, repository)
    await index.apply(project, [pushOf(`pr-${n}`, one, PUSHED_AT + n)])
  }
  const [oldest = image('0'), ...others] = images
  await index.apply(project, [pullOf(oldest, repository)])
  // The children of the two indexes stay, so the indexes are remembered.
  const roots = others.map(({ root }) => root.digest)
  registry.onRequest(({ method, path }) =>
    method === 'DELETE' && !roots.some((digest) => path.endsWith(digest)) ? 403 : undefined,
  )
  await run('branches', false)
  registry.reset()
  // Somebody deletes the two newest.
  for (const digest of roots.slice(2)) await client.deleteManifest(repository, digest)
  await index.apply(
    project,
    roots.map((digest) => ({ kind: 'delete', repository, at: PUSHED_AT + 100, digest })),
  )
  const later = bed.setUp({ pace, rules, now: () => NOW + 20 * DAY })
  await later.run('branches', false)
  expect(await client.headManifest(repository, oldest.root.digest)).toBeDefined()
})

test('children stay if somebody else deletes their index, which a run could not delete and then kept', async () => {
  const { run, push, index } = bed.setUp({ pace })
  const { repository, project, registry, client } = bed
  const old = multiPlatform('old')
  await push('pr-1', old, repository)
  registry.onRequest(({ method }) => (method === 'DELETE' ? 403 : undefined))
  await run('branches', false)
  registry.reset()
  await index.apply(project, [pullOf(old, repository)])
  const later = bed.setUp({ pace, rules: expiring({ tag: 'pr-*', notUsedFor: 14 * (DAY / 1000) }) })
  await later.run('branches', false)
  const { digest } = old.root
  await client.deleteManifest(repository, digest)
  await index.apply(project, [{ kind: 'delete', repository, at: NOW, digest }])
  expect((await later.run('branches', false)).deletes).toEqual([])
})

test('an image is kept that an index lists whose notification tells an older time than the last push', async () => {
  const { run, push, index } = bed.setUp({ pace })
  const second = await secondOfTwo(push)
  before(/DELETE/, async () => {
    // The registry does not have the tag, so that only the index tells.
    await index.apply(bed.project, [pushOf('main', indexOf(second), PUSHED_AT - 1)])
  })
  expect((await run('branches', false)).deletes).toMatchObject([
    { outcome: 'deleted' },
    { outcome: 'moved', why: 'a plan of now keeps it' },
  ])
})

/** Two images with a tag that goes alone, since another tag keeps them; the second one by order of digest is the second to be asked about. */
async function tagsThatGoAlone(push: ReturnType<typeof bed.setUp>['push']): Promise<[LabImage, LabImage]> {
  const [a, b] = [image('a'), image('b')]
  for (const [name, one] of [
    ['a', a],
    ['b', b],
  ] as const) {
    await push(`pr-${name}`, one, bed.repository)
    await push(`v-${name}`, one, bed.repository)
  }
  return a.root.digest < b.root.digest ? [a, b] : [b, a]
}
/** What the planner has read it may use for a second. */
const untilReadAgain = () => new Promise((resolve) => setTimeout(resolve, 1_100))

test('a tag that is to go alone stays if its image is kept since the plan', async () => {
  let kept = ''
  const findProtections = async () => (one: { digest: string }) =>
    one.digest === kept ? 'it is kept by ann' : undefined
  const { run, push } = bed.setUp({ pace, findProtections })
  const [, second] = await tagsThatGoAlone(push)
  before(/DELETE/, async () => {
    kept = second.root.digest
    await untilReadAgain()
  })
  expect((await run('branches', false)).deletes).toMatchObject([
    { outcome: 'untagged' },
    { outcome: 'moved', why: 'a plan of now keeps it', digest: second.root.digest },
  ])
})

test('a tag that is to go alone stays if its image was pulled since the plan', async () => {
  const { run, push, index } = bed.setUp({ pace })
  const [, second] = await tagsThatGoAlone(push)
  before(/DELETE/, () => index.apply(bed.project, [pullOf(second, bed.repository)]))
  expect((await run('branches', false)).deletes).toMatchObject([
    { outcome: 'untagged' },
    { outcome: 'moved', why: 'it was used since the plan was made', digest: second.root.digest },
  ])
})

test('an image whose labels are not known stays once a reload of the configuration protects labels', async () => {
  let labels: string[] = []
  const { run, push } = bed.setUp({
    pace,
    protectsLabels: () => labels.length > 0,
    findProtections: makeFindProtected(() => ({ tags: [], repositories: [], digests: [], labels })),
  })
  await secondOfTwo(push)
  before(/DELETE/, async () => {
    labels = ['keep']
    await untilReadAgain()
  })
  expect((await run('branches', false)).deletes).toMatchObject([
    { outcome: 'deleted' },
    { outcome: 'moved', why: 'a plan of now keeps it' },
  ])
})
