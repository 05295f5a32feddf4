import { expect, test } from 'vitest'
import { makeKeeps } from '../../src/expiry/keeps.ts'
import type { FindProtection } from '../../src/expiry/protection.ts'
import { image, NOW, taggedAs, useExpiry } from './expire-bed.ts'

/** Images that are kept or protected before, and while, a run deletes at a real registry. */
const bed = useExpiry()

const results = (record: { deletes: { tags: string[]; outcome: string; why?: string }[] }) =>
  record.deletes.map(({ tags, outcome, why }) => [tags[0], outcome, why]).toSorted()

/** A run that uses its plan for long, with the keeps of the store. */
function setUp() {
  let find: FindProtection = async () => () => undefined
  const expiry = bed.setUp({
    pace: { planMs: 3_600_000, atOnce: 1 },
    findProtections: (registry) => find(registry),
  })
  const open = () => makeKeeps({ store: expiry.store, now: () => NOW })
  // Two processes: people ask one of them, and the other one deletes.
  find = open().findProtections
  return { ...expiry, keeps: open() }
}

const onFirstDelete = (act: () => Promise<void>) => {
  let isDone = false
  return async ({ method }: { method: string }) => {
    if (method !== 'DELETE' || isDone) return undefined
    isDone = true
    await act()
    return undefined
  }
}

test.each(['its tag', 'its digest'])(
  'a keep of %s stops the delete of an image, also within a run',
  async (how) => {
    const { run, push, keeps } = setUp()
    const { repository, client } = bed
    const pushed = new Map(['a', 'b', 'c'].map((seed) => [`pr-${seed}`, image(seed)]))
    for (const [tag, one] of pushed) await push(tag, one, repository)
    const last = [...pushed].toSorted(([, a], [, b]) => (a.root.digest < b.root.digest ? -1 : 1)).at(-1)
    if (last === undefined) throw new Error('there are three')
    const [tag, { root }] = last
    bed.registry.onRequest(
      onFirstDelete(async () => {
        const name = `ci/${repository}${how === 'its tag' ? `:${tag}` : `@${root.digest}`}`
        await keeps.add({ image: name, by: null, why: null }, undefined)
        // What was read before may be used for a second by the keeps, and for another one by the planner.
        await new Promise((resolve) => setTimeout(resolve, 2_100))
      }),
    )
    const outcomes = results(await run('branches', false))
    expect(outcomes.filter(([name]) => name === tag)).toEqual([[tag, 'moved', 'a plan of now keeps it']])
    expect(outcomes.filter(([name]) => name !== tag).map(([, outcome]) => outcome)).toEqual([
      'deleted',
      'deleted',
    ])
    expect((await client.headManifest(repository, tag))?.digest).toBe(root.digest)
    // The next run keeps it from the start.
    expect(results(await run('branches', false)).map(([name]) => name)).not.toContain(tag)
  },
)

test('a keep of a tag holds for the image that the tag names later, and not for the one that it has left', async () => {
  const { run, push, index, keeps } = setUp()
  const { repository, project, client } = bed
  const [old, next] = [image('old'), image('next')]
  await push('pr-1', old, repository)
  await keeps.add({ image: `ci/${repository}:pr-1`, by: null, why: null }, undefined)
  await index.apply(project, [taggedAs('pr-old', old, repository)])
  await client.putManifest(repository, 'pr-old', ...bytesOf(old))
  await push('pr-1', next, repository)
  // Of two pushes at the same time any may be the later one.
  await index.apply(project, [taggedAs('pr-1', next, repository)])
  expect(results(await run('branches', false))).toEqual([['pr-old', 'deleted', undefined]])
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(next.root.digest)
})

const bytesOf = ({ manifests, root }: ReturnType<typeof image>): [Buffer, string] => {
  const manifest = manifests.get(root.digest)
  if (manifest === undefined) throw new Error('it has its root')
  return [manifest.bytes, manifest.mediaType]
}
