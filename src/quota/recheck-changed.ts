import { isDeepStrictEqual } from 'node:util'
import type { Cluster, Redis } from 'ioredis'
import pMap from 'p-map'
import type { Queues } from '../queue/queues.ts'
import { projectSubject, type QuotaSubject, subjectKey } from '../queue/quota-subject.ts'
import type { Measured } from './evaluate.ts'
import type { Flags } from './flags.ts'
import type { GroupMembers } from './group-members.ts'
import type { Overrides } from './overrides.ts'
import { type ConfiguredQuota, type GroupQuota, type Quota, quotaKey } from './quota.ts'
import { makeQuotas, type Quotas } from './quotas.ts'
import { recheck } from './recheck.ts'

/** Projects that are measured at a time. */
const AT_ONCE = 8

const NOTHING: Measured = { bytes: 0, tags: 0, manifests: 0 }

/**
 * Queues a look at each flag whose quota is another one than at the last call, or is new or gone, as with its registry, and at each project with an
 * override. A flag that is not ok and has no quota is looked at in any case, also if the index does not know its project.
 * Redis keeps the quotas and registries of the last call, as JSON in the key `<prefix>:quotas`. They are written last, so a call that
 * was killed is made up for by the next.
 */
export async function recheckChanged(deps: {
  redis: Redis | Cluster
  prefix: string
  queues: Pick<Queues, 'quota'>
  quotas: Quotas
  overrides: Pick<Overrides, 'all'>
  flags: Pick<Flags, 'raised'>
  members: Pick<GroupMembers, 'keyOf' | 'note' | 'complete' | 'forget'>
  /** Tells the groups of a project what it holds. */
  noteMember: (project: string) => Promise<unknown>
  /** The ids of a registry's projects, in batches. */
  idsOf: (registry: string) => AsyncIterable<string[]>
}): Promise<void> {
  const { queues, quotas, members } = deps
  const groups = groupsOf(quotas)
  await recheck(queues, [...(await deps.overrides.all()).keys()].map(projectSubject))
  const hasNoQuota = (subject: QuotaSubject): boolean => quotas.of(subject) === undefined
  await recheck(queues, (await deps.flags.raised()).filter(hasNoQuota))
  const key = `${deps.prefix}:quotas`
  const text = JSON.stringify([quotas.configured, quotas.registries])
  const before = await deps.redis.get(key)
  if (before === text) return
  const [configured, registries]: Kept = before === null ? [[], []] : JSON.parse(before)
  const old = makeQuotas(configured, registries)
  const isOther = !isDeepStrictEqual(registries, quotas.registries)

  const groupKeys = (all: Quotas, project: string) => all.groupsOf(project).map(members.keyOf)
  const isMoved = (project: string): boolean =>
    !isDeepStrictEqual(groupKeys(old, project), groupKeys(quotas, project))
  const isChanged = (project: string): boolean => {
    const subject = projectSubject(project)
    return differ(old.of(subject), quotas.of(subject)) || isMoved(project)
  }
  async function move(project: string): Promise<void> {
    // A group whose registry is not configured any more has the same hash.
    for (const group of old.groupsOf(project)) await members.note(group, project, NOTHING)
    await deps.noteMember(project)
  }
  for (const registry of new Set([...registries, ...quotas.registries]))
    for await (const ids of deps.idsOf(registry)) {
      await pMap(ids.filter(isMoved), move, { concurrency: AT_ONCE })
      await recheck(queues, ids.filter(isChanged).map(projectSubject))
    }
  for (const group of groups) await members.complete(group)

  const sums = new Map([...old.sums, ...quotas.sums].map((subject) => [subjectKey(subject), subject]))
  await recheck(
    queues,
    [...sums.values()].filter((subject) => isOther || differ(old.of(subject), quotas.of(subject))),
  )
  const kept = new Set(groups.map(members.keyOf))
  for (const group of groupsOf(old)) if (!kept.has(members.keyOf(group))) await members.forget(group)
  await deps.redis.set(key, text)
}

type Kept = [configured: ConfiguredQuota[], registries: string[]]

const groupsOf = ({ configured }: Quotas): GroupQuota[] =>
  configured.filter((quota): quota is GroupQuota => 'group' in quota)

/** Whether two quotas decide differently. */
const differ = (a: Quota | undefined, b: Quota | undefined): boolean =>
  !isDeepStrictEqual(a && decisive(a), b && decisive(b))

const decisive = (quota: Quota) => [
  ...[quotaKey(quota), quota.grace, quota.escalate],
  'projects' in quota ? quota.projects : undefined,
]
