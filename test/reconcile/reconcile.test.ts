import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ReconcileStopped } from '../../src/reconcile/reconcile.ts'
import { makeMemoryReconcile, readingOf } from './memory-reconcile.ts'

const names = Array.from({ length: 40 }, (_, n) => `r${10 + n}`)
const items = names.map(readingOf)

test('repositories are mended at the same time, at most twelve, and counted in order', async () => {
  let [running, most] = [0, 0]
  async function apply(project: string) {
    most = Math.max(most, ++running)
    // Later ones finish first.
    await sleep(names.length - names.indexOf(project.slice('ci/'.length)))
    running--
  }
  const done: (string | undefined)[] = []
  const { run } = makeMemoryReconcile({ items, apply })
  const report = await run({ onProgress: ({ after }) => done.push(after) })
  expect(done).toEqual([...names, names.at(-1)])
  expect(report).toMatchObject({ repositories: 40, drift: { manifestsMissed: 40 }, failed: 0 })
  expect(most).toBe(12)
})

test('a repository and a listing that cannot be read are counted as failed, and the rest is mended', async () => {
  const [first, second, third] = names as [string, string, string]
  const { run } = makeMemoryReconcile({
    items: [readingOf(first), { repository: second, failure: 'torn' }, readingOf(third), { failure: 'cut' }],
  })
  expect(await run()).toMatchObject({
    repositories: 2,
    failed: 2,
    failures: [`${second}: torn`, 'the list of repositories: cut'],
  })
})

test('if the index fails, the run ends before that repository, and goes on from there', async () => {
  const applied: string[] = []
  let isBroken = true
  async function apply(project: string) {
    // The repositories after the failure are applied at the same time: their failures are not reported on their own.
    if (isBroken && project >= 'ci/r15') throw new Error(`${project} is broken`)
    applied.push(project)
  }
  const { run, unfinishedRun } = makeMemoryReconcile({ items, apply })
  await expect(run()).rejects.toThrow('ci/r15 is broken')
  expect(unfinishedRun()).toMatchObject({ after: 'r14', repositories: 5 })
  expect(applied).toHaveLength(5)
  isBroken = false
  expect(await run()).toMatchObject({ repositories: 40 })
  expect(applied).toEqual(names.map((name) => `ci/${name}`))
})

test('a run that is stopped finishes the repositories at hand, and goes on after them', async () => {
  const [begun, finished]: [string[], string[]] = [[], []]
  async function apply(project: string) {
    begun.push(project)
    await sleep(5)
    finished.push(project)
  }
  let isStopping = false
  const { run, unfinishedRun } = makeMemoryReconcile({ items, apply })
  const stopped = run({
    isStopping: () => isStopping,
    onProgress: ({ repositories }) => {
      if (repositories === 3) isStopping = true
    },
  })
  await expect(stopped).rejects.toThrow(ReconcileStopped)
  const { repositories = 0 } = unfinishedRun() ?? {}
  expect(finished).toEqual(begun)
  expect(begun).toHaveLength(repositories)
  expect(repositories).toBeLessThan(40)
  isStopping = false
  expect(await run({ isStopping: () => isStopping })).toMatchObject({ repositories: 40 })
  expect(begun).toEqual(names.map((name) => `ci/${name}`))
})

test('a run over storage rebuilds what the registry knows of its projects; a dry run or one over the API does not', async () => {
  const overStorage = makeMemoryReconcile({ items, method: 'storage' })
  await overStorage.run({ dryRun: true })
  expect(overStorage.retold).toEqual([])
  await overStorage.run()
  expect(overStorage.retold).toEqual(['ci'])
  const overApi = makeMemoryReconcile({ items })
  await overApi.run()
  expect(overApi.retold).toEqual([])
})

test('a project without differences is applied, too, since the registry may have lost its list of projects', async () => {
  const applied: string[] = []
  const apply = async (project: string) => applied.push(project)
  const same = { ...readingOf('r10'), manifests: [] }
  const { run } = makeMemoryReconcile({ items: [same], apply })
  await run({ dryRun: true })
  expect(applied).toEqual([])
  await run()
  expect(applied).toEqual(['ci/r10'])
})
