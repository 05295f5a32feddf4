import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeRunNotes, type Removals } from '../../src/reconcile/run-notes.ts'

const bed = useRedis()
const removals = (project: string): Removals => ({
  project,
  facts: [{ kind: 'drop', repository: `${project}/app`, at: 1 }],
})

async function setUp(...projects: string[]) {
  const notes = makeRunNotes({ redis: bed.redis, prefix: 't' })
  for (const project of projects) await notes.addRemovals('ci', removals(project))
  return notes
}

const all = async (taken: AsyncIterable<Removals>) =>
  (await Array.fromAsync(taken)).map(({ project }) => project)

test('removals are taken oldest first, and dropped once they are done', async () => {
  const notes = await setUp('a', 'b', 'a')
  for await (const { project } of notes.takeRemovals('ci')) {
    expect(project).toBe('a')
    break
  }
  expect(await all(notes.takeRemovals('ci'))).toEqual(['a', 'b', 'a'])
  expect(await all(notes.takeRemovals('ci'))).toEqual([])
})

test('a process that was away while another took its removal drops none that nobody has done', async () => {
  const notes = await setUp('a', 'b', 'c')
  const frozen = notes.takeRemovals('ci')[Symbol.asyncIterator]()
  expect((await frozen.next()).value).toEqual(removals('a'))
  // Another process does the removal, and dies during the next one.
  const other = notes.takeRemovals('ci')[Symbol.asyncIterator]()
  for (const project of ['a', 'b']) expect((await other.next()).value).toEqual(removals(project))
  expect((await frozen.next()).value).toEqual(removals('b'))
  await frozen.return?.()
  expect(await all(notes.takeRemovals('ci'))).toEqual(['b', 'c'])
})
