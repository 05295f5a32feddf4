import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LabImage } from '../../lab/image.ts'
import { DAY, DAY_MS } from '../../lab/images.ts'
import { makeKeeps } from '../../src/expiry/keeps.ts'
import { type FindProtection, makeFindProtections } from '../../src/expiry/protection.ts'
import { doneText } from '../../src/expiry/run-text.ts'
import { summaryOf } from '../../src/expiry/runs.ts'
import { image, multiPlatform, NOW, pullOf, taggedAs, useExpiry } from './expire-bed.ts'

/** Policies that announce at a real registry what they will delete. */
const bed = useExpiry()

/** After this, every process acts on a keep. */
const KEEPS_MS = 2_100

type Options = Parameters<typeof bed.setUp>[0]

/** Runs of the policy `branches` with three days of notice, at times that the test sets. */
function setUp(options: Options = {}) {
  const clock = { now: NOW }
  const expiry = bed.setUp({ notice: 3 * DAY_MS, now: () => clock.now, ...options })
  /** The tags that a run deletes so many days after the first one. */
  async function runAfter(days: number): Promise<(string | undefined)[]> {
    clock.now = NOW + days * DAY
    const { deletes } = await expiry.run('branches', false)
    return deletes.filter(({ outcome }) => outcome === 'deleted').map(({ tags }) => tags[0])
  }
  /** What chat was told since the last call, one line for each message. */
  const told = () =>
    expiry.alerts.splice(0).map((alert) => {
      if (!('project' in alert)) return alert.event
      const { event, project, images, until = '' } = alert
      return `${event} ${project}: ${images}${until && `, ${Math.round((Date.parse(until) * 100_000 - NOW * 100) / DAY) / 100} days`}`
    })
  return { ...expiry, clock, runAfter, told }
}

const digestsOf = (...images: LabImage[]) => images.map(({ root }) => root.digest)
const useAt = (one: LabImage, at: number) => ({ ...pullOf(one, bed.repository), id: `${at}`, at })

test('what will expire is announced once, goes after the notice with all that belongs to it, and that is told', async () => {
  const { runAfter, told, push } = setUp()
  const { repository } = bed
  const [a, b] = [multiPlatform('a'), image('b')]
  await push('pr-a', a, repository)
  await push('pr-b', b, repository)
  await push('main', image('main'), repository)
  expect(await runAfter(0)).toEqual([])
  // An index counts with its two children.
  expect(told()).toEqual([`expiry.notice ${repository}: 4, 3 days`])
  expect(await runAfter(2.999)).toEqual([])
  expect(told()).toEqual([])
  expect((await runAfter(3)).toSorted()).toEqual(['pr-a', 'pr-b', undefined, undefined])
  expect(told()).toEqual([`expiry.done ${repository}: 4`])
  expect(await runAfter(4)).toEqual([])
  expect(told()).toEqual([])
})

test('a run says what it has announced, and a later one what waits, apart from what it deletes', async () => {
  const { run, push, clock, audited, index } = setUp()
  const { repository, project, client } = bed
  const tagged = image('tagged')
  await push('pr-a', multiPlatform('a'), repository)
  await push('pr-b', tagged, repository)
  const { bytes = Buffer.alloc(0) } = tagged.manifests.get(tagged.root.digest) ?? {}
  await client.putManifest(repository, 'main', bytes, tagged.root.mediaType)
  await index.apply(project, [taggedAs('main', tagged, repository)])
  const until = (days: number) => new Date(NOW / 1000 + days * DAY_MS).toISOString()

  const first = summaryOf(await run('branches', false))
  const announced = { images: 3, tags: 1, bytes: first.progress.plannedBytes, until: until(3) }
  expect(first).toMatchObject({ announced, kept: 4, progress: { planned: 4, done: 0 } })
  expect(first.waiting).toBeUndefined()
  expect(doneText(first)).toMatch(
    /^announced 3 images and 1 single tag \(\d.*\): they go after 2\S+Z; kept 1 image$/,
  )
  expect(audited.at(-1)).toMatchObject({ action: 'run.ended', counts: { announced: 4 } })

  clock.now = NOW + DAY
  await push('pr-c', image('c'), repository)
  const second = summaryOf(await run('branches', false))
  expect(second).toMatchObject({ announced: { images: 1, tags: 0, until: until(4) }, waiting: announced })
  clock.now = NOW + 3 * DAY
  const third = summaryOf(await run('branches', false))
  expect(third).toMatchObject({
    outcomes: { deleted: 3, untagged: 1 },
    waiting: { images: 1, tags: 0, until: until(4) },
  })
  expect(doneText(third)).toMatch(
    /^1 image \(\d.*\) wait for their notice, until 2\S+Z at least; deleted 3 images and 1 single tag \(\d.*\); kept 1 image$/,
  )
})

test('a pull, a push and a keep since the announcement rescue an image; what is used again is announced again', async () => {
  let find: FindProtection = async () => () => undefined
  const { runAfter, told, push, index, store } = setUp({ findProtections: (registry) => find(registry) })
  const keeps = makeKeeps({ store, now: () => NOW })
  find = keeps.findProtections
  const { repository, project, client } = bed
  const [pulled, pushed, kept, other] = ['pulled', 'pushed', 'kept', 'other'].map(image) as [
    LabImage,
    LabImage,
    LabImage,
    LabImage,
  ]
  for (const one of [pulled, pushed, kept, other])
    await push(`pr-${one.root.digest.slice(7, 12)}`, one, repository)
  const tagOf = ({ root }: LabImage) => `pr-${root.digest.slice(7, 12)}`
  await runAfter(0)
  expect(told()).toEqual([`expiry.notice ${repository}: 4, 3 days`])

  await index.apply(project, [useAt(pulled, NOW + DAY)])
  const manifest = pushed.manifests.get(pushed.root.digest)
  await client.putManifest(repository, 'pr-new', manifest?.bytes ?? Buffer.alloc(0), pushed.root.mediaType)
  await index.apply(project, [{ ...taggedAs('pr-new', pushed, repository), at: NOW + DAY }])
  await keeps.add({ image: `ci/${repository}:${tagOf(kept)}`, by: null, why: null }, undefined)
  await sleep(KEEPS_MS)

  expect(await runAfter(3)).toEqual([tagOf(other)])
  // The one that was pushed is young for 14 days.
  expect(told()).toEqual([`expiry.notice ${repository}: 1, 6 days`, `expiry.done ${repository}: 1`])
  expect(await runAfter(6)).toEqual([tagOf(pulled)])
  expect(told()).toEqual([`expiry.done ${repository}: 1`])
  for (const { id } of await keeps.list()) await keeps.remove(id)
  await sleep(KEEPS_MS)
  expect(await runAfter(7)).toEqual([])
  expect(told()).toEqual([`expiry.notice ${repository}: 1, 10 days`])
  for (const digest of digestsOf(pushed, kept))
    expect(await client.headManifest(repository, digest)).toBeDefined()
})

test('an image that is used while the run deletes stays, though no rule of the policy is about use', async () => {
  const { runAfter, told, push, index } = setUp({ pace: { planMs: 60_000, atOnce: 1 } })
  const { repository, project, client } = bed
  const images = [image('a'), image('b')].toSorted((a, b) => (a.root.digest < b.root.digest ? -1 : 1))
  for (const [n, one] of images.entries()) await push(`pr-${n}`, one, repository)
  await runAfter(0)
  told()
  let isDone = false
  bed.registry.onRequest(async ({ method }) => {
    if (method === 'DELETE' && !isDone) {
      isDone = true
      await index.apply(project, [useAt(images[1] as LabImage, NOW + 3 * DAY - 1)])
    }
    return undefined
  })
  expect(await runAfter(3)).toEqual(['pr-0'])
  expect(await client.headManifest(repository, 'pr-1')).toBeDefined()
  expect(told()).toEqual([`expiry.done ${repository}: 1`])
  bed.registry.reset()
  expect(await runAfter(3.5)).toEqual([])
  expect(told()).toContain(`expiry.notice ${repository}: 1, 6.5 days`)
})

test('a tag that is to go alone stays if its image is used while the run deletes', async () => {
  const { runAfter, push, index } = setUp({ pace: { planMs: 60_000, atOnce: 1 } })
  const { repository, project, client } = bed
  const images = [image('a'), image('b')].toSorted((a, b) => (a.root.digest < b.root.digest ? -1 : 1))
  for (const [n, one] of images.entries()) {
    await push(`pr-${n}`, one, repository)
    await push(`v-${n}`, one, repository)
  }
  await runAfter(0)
  let isDone = false
  bed.registry.onRequest(async ({ method }) => {
    if (method === 'DELETE' && !isDone) {
      isDone = true
      await index.apply(project, [useAt(images[1] as LabImage, NOW + 3 * DAY - 1)])
    }
    return undefined
  })
  await runAfter(3)
  expect(await client.headManifest(repository, 'pr-0')).toBeUndefined()
  expect(await client.headManifest(repository, 'pr-1')).toBeDefined()
})

test('announcements outlive a Redis that loses its data, and a new process', async () => {
  const first = setUp()
  const { repository, project } = bed
  const one = image('a')
  await first.push('pr-a', one, repository)
  await first.runAfter(0)
  const facts = await Array.fromAsync(first.index.facts(project))
  await bed.redis.flushall()
  const second = setUp()
  await second.index.apply(project, facts)
  expect(await second.runAfter(3)).toEqual(['pr-a'])
  expect(second.told()).toEqual([`expiry.done ${repository}: 1`])
})

test('dry runs announce nothing; a policy that only plans forgets what it has announced', async () => {
  let isDry = false
  const { run, runAfter, told, push, clock } = setUp({ mode: () => (isDry ? 'plan' : 'apply') })
  const { repository } = bed
  await push('pr-a', image('a'), repository)
  const planned = await run('branches', true)
  expect(planned.deletes).toMatchObject([{ outcome: 'planned' }])
  expect(told()).toEqual([])
  await runAfter(0)
  expect(told()).toHaveLength(1)
  // A dry run of a person leaves the notice as it is.
  await run('branches', true)
  isDry = true
  clock.now = NOW + DAY
  await run('branches', false)
  isDry = false
  expect(await runAfter(4)).toEqual([])
  expect(told()).toEqual([`expiry.notice ${repository}: 1, 7 days`])
  expect(await runAfter(7)).toEqual(['pr-a'])
})

test('a project of which too much would be deleted is not announced, and what leaves its plan is forgotten', async () => {
  const { repository } = bed
  const images = Array.from({ length: 12 }, (_, n) => image(`${n}`))
  const [first, last] = [images[0], images[11]] as [LabImage, LabImage]
  const all = setUp()
  for (const [n, one] of images.slice(0, 11).entries()) await all.push(`pr-${n}`, one, repository)
  await all.runAfter(0)
  expect(all.told()).toEqual([`expiry.notice ${repository}: 11, 3 days`])
  // One leaves the plan while the project is held, and another one is new.
  const held = setUp({
    maxShare: 0.1,
    findProtections: async () => (one) => (one.digest === first.root.digest ? 'it is protected' : undefined),
  })
  await all.push('pr-11', last, repository)
  expect(await held.runAfter(1)).toEqual([])
  expect(held.told()).toEqual(['expiry.held'])
  expect(await all.runAfter(3)).toHaveLength(10)
  expect(all.told()).toEqual([`expiry.notice ${repository}: 2, 6 days`, `expiry.done ${repository}: 10`])
})

test('while it is not known what is protected, a run ends, and what was announced stands', async () => {
  let isAway = false
  const inUse: FindProtection = async () => {
    if (isAway) throw new Error('cluster cannot be read: no answer')
    return () => undefined
  }
  const { runAfter, told, push, journal } = setUp({ findProtections: makeFindProtections({ inUse }) })
  const { repository } = bed
  await push('pr-a', image('a'), repository)
  await runAfter(0)
  expect(told()).toEqual([`expiry.notice ${repository}: 1, 3 days`])
  isAway = true
  // What protects is read once a second.
  await sleep(1_100)
  expect(await runAfter(1)).toEqual([])
  expect(await journal.recent(1)).toMatchObject([
    {
      state: 'failed',
      stopped:
        'nothing is deleted at the registry "ci": it is not known what is protected (inUse): cluster cannot be read: no answer',
    },
  ])
  isAway = false
  await sleep(1_100)
  expect(await runAfter(3)).toEqual(['pr-a'])
  expect(told()).toEqual([`expiry.done ${repository}: 1`])
})

test('what was announced stands while a new image of its repository was not read yet', async () => {
  const { runAfter, told, push, index, planner, policy } = setUp()
  const { repository, project } = bed
  await push('pr-a', multiPlatform('a'), repository)
  await push('pr-b', image('b'), repository)
  await push('main', image('main'), repository)
  await runAfter(0)
  expect(told()).toEqual([`expiry.notice ${repository}: 4, 3 days`])
  const unread = image('new')
  await index.apply(project, [{ ...taggedAs('next', unread, repository), at: NOW + DAY }])
  expect(await runAfter(1)).toEqual([])
  const decisions = (await Array.fromAsync(planner.planProject(policy(), project))).flat()
  const kept = decisions.filter(({ isUnread }) => isUnread).flatMap(({ tags }) => tags)
  expect(kept.toSorted()).toEqual(['pr-a', 'pr-b'])

  await push('next', unread, repository)
  expect((await runAfter(3)).filter((tag) => tag !== undefined).toSorted()).toEqual(['pr-a', 'pr-b'])
  expect(told()).toEqual([`expiry.done ${repository}: 4`])
})

test('if chat cannot be told, nothing is remembered, and nothing goes', async () => {
  const { runAfter, told, push, alerts } = setUp()
  const { repository } = bed
  await push('pr-a', image('a'), repository)
  const original = alerts.push
  alerts.push = () => {
    throw new Error('Redis is away')
  }
  await expect(runAfter(0)).rejects.toThrow('Redis is away')
  alerts.push = original
  expect(await runAfter(3)).toEqual([])
  expect(told()).toEqual([`expiry.notice ${repository}: 1, 6 days`])
})
