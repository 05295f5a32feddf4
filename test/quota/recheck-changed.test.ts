import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { projectSubject, type QuotaSubject, subjectKey } from '../../src/queue/quota-subject.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { makeFlags } from '../../src/quota/flags.ts'
import { makeGroupMembers } from '../../src/quota/group-members.ts'
import { makeOverrides } from '../../src/quota/overrides.ts'
import type { ConfiguredQuota, GroupQuota, ProjectQuota } from '../../src/quota/quota.ts'
import { makeQuotas } from '../../src/quota/quotas.ts'
import { recheckChanged } from '../../src/quota/recheck-changed.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const PROJECTS = ['ci/a', 'ci/b', 'ci/c']
const quota = (project: string, limit: number, warnAt = 0.8): ProjectQuota => ({
  ...{ project, limit, measure: 'unique', warnAt: [warnAt] },
})
const group = (projects: string[], limit = 10): GroupQuota => ({
  ...{ group: 'g', projects, limit, measure: 'unique', warnAt: [0.8] },
})

const members = () => makeGroupMembers({ redis: bed.redis, prefix: 't' })
const flags = () => makeFlags({ redis: bed.redis, prefix: 't' })
const overrides = () => makeOverrides({ redis: bed.redis, prefix: 't', now: Date.now })

/** Starts a worker with these quotas. Gives what is to be looked at, and whose groups were told what it holds. */
async function look(
  configured: readonly ConfiguredQuota[],
  idsOf = async function* (registry: string) {
    if (registry === 'ci') for (const id of PROJECTS) yield [id]
    if (registry === 'hub') yield ['hub/d']
  },
  registries = ['ci'],
) {
  await queues.quota.drain(true)
  const noted: string[] = []
  const quotas = makeQuotas(configured, registries)
  await recheckChanged({
    ...{ redis: bed.redis, prefix: 't', queues, quotas, idsOf },
    ...{ members: members(), overrides: overrides(), flags: flags() },
    noteMember: async (project) => {
      noted.push(project)
      for (const one of quotas.groupsOf(project))
        await members().note(one, project, { bytes: 1, tags: 0, manifests: 0 })
    },
  })
  const jobs = await queues.quota.getJobs(['waiting', 'delayed'])
  return { noted, looks: jobs.map(({ data }) => subjectKey(data)).sort() }
}
const start = async (...quotas: ConfiguredQuota[]) => (await look(quotas)).looks
const projects = (...ids: string[]) => ids.map((id) => `project:ci/${id}`)

test('at the first start each project with a quota is checked; at the next one, with the same quotas, none', async () => {
  const quotas = [quota('ci/a', 10), quota('ci/b', 20)]
  expect(await start(...quotas)).toEqual(projects('a', 'b'))
  expect(await start(...quotas)).toEqual([])
})

test('only projects are checked whose quota changed, came or went', async () => {
  await start(quota('ci/a', 10), quota('ci/b', 20))
  expect(await start(quota('ci/a', 11), quota('ci/b', 20))).toEqual(projects('a'))
  expect(await start(quota('ci/a', 11, 0.5), quota('ci/b', 20))).toEqual(projects('a'))
  expect(await start(quota('ci/a', 11, 0.5), quota('ci/b', 20), quota('**', 5))).toEqual(projects('c'))
  // Another rule for a project, with the same numbers.
  expect(await start(quota('ci/{a,x}', 11, 0.5), quota('ci/b', 20), quota('**', 5))).toEqual([])
  const grace = { ...quota('ci/{a,x}', 11, 0.5), grace: 60_000 }
  expect(await start(grace, quota('ci/b', 20), quota('**', 5))).toEqual(projects('a'))
  expect(await start(quota('ci/{a,x}', 11, 0.5))).toEqual(projects('a', 'b', 'c'))
})

test('a start that could not add its jobs is made up for by the next', async () => {
  const quotas = [quota('ci/a', 10)]
  // biome-ignore lint/correctness/useYield: it fails before it has anything to yield.
  const failing = look(quotas, async function* () {
    throw new Error('killed')
  })
  await expect(failing).rejects.toThrow('killed')
  expect(await start(...quotas)).toEqual(projects('a'))
})

test('projects with an override are looked at at each start', async () => {
  await overrides().set('ci/c', { limit: 5, by: null, why: null, since: '', until: null })
  expect(await start(quota('ci/a', 10))).toEqual(projects('a', 'c'))
  expect(await start(quota('ci/a', 10))).toEqual(projects('c'))
})

test('a group is summed only once all its projects are noted, and forgotten with its definition', async () => {
  const ab = group(['ci/{a,b}'])
  expect(await members().sum(ab)).toBeUndefined()
  expect(await look([ab])).toEqual({ noted: ['ci/a', 'ci/b'], looks: ['group:g', ...projects('a', 'b')] })
  expect(await members().sum(ab)).toMatchObject({ bytes: 2, projects: ['ci/a', 'ci/b'] })
  // Another limit: the group is looked at, and no project.
  expect(await look([group(['ci/{a,b}'], 20)])).toEqual({ noted: [], looks: ['group:g'] })
  expect(await look([group(['ci/{b,c}'], 20)])).toMatchObject({ noted: ['ci/a', 'ci/b', 'ci/c'] })
  expect(await members().sum(group(['ci/{b,c}']))).toMatchObject({ bytes: 2, projects: ['ci/b', 'ci/c'] })
  expect(await members().sum(ab)).toBeUndefined()
  expect(await start()).toEqual(['group:g', ...projects('b', 'c')])
  expect(await bed.redis.keys('t:quota-group:*')).toEqual([])
})

test('a registry whose quota changed, came or went is looked at', async () => {
  const registry = (limit: number) => ({ registry: 'ci', limit, measure: 'unique', warnAt: [0.8] }) as const
  expect(await start(registry(10))).toEqual(['registry:ci'])
  expect(await start(registry(10))).toEqual([])
  expect(await start(registry(11))).toEqual(['registry:ci'])
  expect(await start()).toEqual(['registry:ci'])
})

test('a flag that is not ok and has no quota is looked at at each start, whatever changed', async () => {
  const raise = async (subject: QuotaSubject) => {
    const state = { ...NEVER, flag: 'over' as const, since: new Date(0).toISOString() }
    await flags().replace(subject, await flags().entry(subject), { state })
  }
  const quotas = [quota('ci/**', 10), quota('gone/**', 10)]
  await start(...quotas)
  for (const id of ['ci/a', 'ci/not-in-the-index', 'gone/a', 'hub/a']) await raise(projectSubject(id))
  await raise({ kind: 'group', id: 'old' })
  await raise({ kind: 'registry', id: 'ci' })
  const looks = ['group:old', 'project:gone/a', 'project:hub/a', 'registry:ci']
  expect(await start(...quotas)).toEqual(looks)
  expect(await start(...quotas)).toEqual(looks)
})

test('a registry that comes or goes takes its projects with it', async () => {
  const quotas = [quota('**', 10), group(['**'])]
  const all = ['group:g', ...projects('a', 'b', 'c')]
  await look(quotas, undefined, ['ci', 'hub'])
  expect(await members().sum(group(['**']))).toMatchObject({ bytes: 4 })
  expect((await look(quotas, undefined, ['ci'])).looks).toEqual(['group:g', 'project:hub/d'])
  expect(await members().sum(group(['**']))).toMatchObject({ bytes: 3, projects: ['ci/a', 'ci/b', 'ci/c'] })
  expect((await look(quotas, undefined, ['ci'])).looks).toEqual([])
  expect((await look(quotas, undefined, ['ci', 'hub'])).looks).toEqual(['group:g', 'project:hub/d'])
  expect((await look(quotas, undefined, ['hub'])).looks).toEqual(all)
})
