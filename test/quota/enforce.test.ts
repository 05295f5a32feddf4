import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { type QuotaAlert, quotaSubjectOf } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { makeEnforce } from '../../src/quota/enforce.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { type Flags, makeFlags } from '../../src/quota/flags.ts'
import { makeGroupMembers } from '../../src/quota/group-members.ts'
import { makeQuotasInForce } from '../../src/quota/in-force.ts'
import { makeMeasure } from '../../src/quota/measure.ts'
import { makeOverrides } from '../../src/quota/overrides.ts'
import type { ConfiguredQuota, ProjectQuota, Quota } from '../../src/quota/quota.ts'
import { makeQuotas } from '../../src/quota/quotas.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(async () => {
  await bed.redis.config('SET', 'maxmemory', '0')
  await closeQueues(queues)
})

const PROJECT = projectSubject('ci/team-a/app')
const DIGEST = `sha256:${'a'.repeat(64)}`
const REPOSITORY = 'team-a/app'
/** epoch µs */
const PUSHED_AT = 1_795_449_746_518_381
const QUOTA: ProjectQuota = { project: 'ci/team-a/app', measure: 'unique', limit: 1000, warnAt: [0.8] }

/** A minute of the day on which these tests happen. */
const minute = (n: number) => new Date(Date.UTC(2026, 10, 23, 16, n))

function setUp({
  quota = QUOTA,
  wrap = (real) => real,
}: {
  quota?: ProjectQuota
  wrap?: (real: Flags) => Pick<Flags, 'entry' | 'replace'>
} = {}) {
  const on = { redis: bed.redis, prefix: 't' }
  const index = makeUsageIndex(on)
  const flags = makeFlags(on)
  const { log, lines } = keepLines()
  const over: [string, boolean][] = []
  const escalated: boolean[] = []
  const looks: (Date | undefined)[] = []
  const configured = { quotas: makeQuotas([quota], ['ci']) }
  const overrides = makeOverrides({ ...on, now: () => minute(0).getTime() })
  const enforce = makeEnforce({
    flags: wrap(flags),
    inForce: makeQuotasInForce({ quotas: () => configured.quotas, overrides }),
    measure: makeMeasure({
      ...{ index, members: makeGroupMembers(on), quotas: () => configured.quotas },
      taggedBytes: async () => 0,
      storedBytes: async () => undefined,
    }).measureAndNote,
    async actionFacts(_, __, { isEscalated }) {
      escalated.push(isEscalated)
      return {}
    },
    announce: (alert) => queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id }),
    onOver: async (...told) => over.push(told),
    afterwards: async (_, lookAt) => looks.push(lookAt),
    log,
  })
  let pushes = 0
  return {
    ...{ enforce, lines, overrides, looks, escalated },
    /** The projects of which it was told that they came over their quota. */
    over,
    flags,
    /** Makes the project hold exactly so many bytes. */
    async use(bytes: number, actor?: string) {
      pushes += 1
      const at = PUSHED_AT + pushes * 2_000_000
      await index.apply(PROJECT.id, [
        { kind: 'drop', repository: REPOSITORY, at },
        ...(bytes === 0
          ? []
          : [
              {
                ...{ kind: 'push' as const, repository: REPOSITORY, at: at + 1, size: bytes },
                ...{ digest: digestNumber(pushes), mediaType: '', references: [] },
                ...(actor !== undefined && { actor }),
              },
            ]),
      ])
    },
    removeQuota() {
      configured.quotas = makeQuotas([], ['ci'])
    },
  }
}
/** A content has one size for ever, so every usage needs a content of its own. */
const digestNumber = (n: number) => `sha256:${String(n).padEnd(64, 'a')}`

/** Queued alerts in the order of their times, with the ids of their jobs. */
async function alerts(): Promise<(QuotaAlert & { jobId: string | undefined })[]> {
  const jobs = await queues.alerts.getJobs(['waiting', 'prioritized', 'delayed'])
  return jobs
    .map(({ id, data }) => {
      if (data.kind !== 'announce' || !('to' in data.alert)) throw new Error(`a job of kind ${data.kind}`)
      return { ...data.alert, jobId: id }
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1))
}
const changes = async () => (await alerts()).map(({ from, to }) => `${from} → ${to}`)

describe('a flag that changes', () => {
  test('is stored with its time, and announced with usage, limit and text', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    await enforce(PROJECT, minute(1))
    expect(await flags.get(PROJECT)).toMatchObject({
      ...{ flag: 'warning', since: minute(1).toISOString(), change: 1, mark: 0.8 },
    })
    const [alert, ...others] = await alerts()
    expect(others).toEqual([])
    expect(alert).toEqual({
      id: expect.stringMatching(/^j[0-9a-f]{32}$/),
      jobId: alert?.id,
      at: minute(1).toISOString(),
      registry: 'ci',
      project: 'team-a/app',
      from: 'ok',
      to: 'warning',
      ...{ measure: 'unique', used: 850, limit: 1000, mark: 0.8 },
      text: 'ci/team-a/app is at 85 % of its quota: 850 B of 1000 B (warning from 80 %).',
    })
  })

  test('is a line in the log with its numbers and without names, and no other line', async () => {
    const { enforce, use, removeQuota, lines } = setUp()
    await use(850, 'ann')
    await enforce(PROJECT, minute(1))
    await enforce(PROJECT, minute(2))
    await use(1001, 'ann')
    await enforce(PROJECT, minute(3))
    removeQuota()
    await enforce(PROJECT, minute(4))
    const numbers = { level: 'info', registry: 'ci', project: 'team-a/app', limit: 1000 }
    expect(lines).toMatchObject([
      {
        ...{ ...numbers, from: 'ok', to: 'warning', used: 850 },
        msg: 'ci/team-a/app is at 85 % of its quota: 850 B of 1000 B (warning from 80 %).',
      },
      {
        ...{ ...numbers, from: 'warning', to: 'over', used: 1001 },
        msg: 'ci/team-a/app is OVER its quota: 1001 B of 1000 B.',
      },
      {
        ...{ from: 'over', to: 'ok', reason: 'quota removed' },
        msg: 'ci/team-a/app has no quota any more. It was over its quota.',
      },
    ])
  })

  test('is announced with who pushed last, if that is known', async () => {
    const { enforce, use } = setUp()
    await use(850, 'ann')
    await enforce(PROJECT, minute(1))
    await use(1001)
    await enforce(PROJECT, minute(2))
    expect(
      (await alerts()).map((alert) => ('lastPushedBy' in alert ? alert.lastPushedBy : undefined)),
    ).toEqual(['ann', undefined])
    const [first, second] = (await alerts()).map(({ text }) => text)
    expect(first).toMatch(/\. Last push by ann\.$/)
    expect(second).not.toContain('push')
  })

  test('is announced at each change, even if it had the same value before', async () => {
    const { enforce, flags, use } = setUp()
    for (const [n, bytes] of [850, 0, 850, 1001, 850, 0].entries()) {
      await use(bytes)
      await enforce(PROJECT, minute(n))
    }
    expect(await changes()).toEqual([
      'ok → warning',
      'warning → ok',
      'ok → warning',
      'warning → over',
      'over → warning',
      'warning → ok',
    ])
    expect(new Set((await alerts()).map(({ id }) => id)).size).toBe(6)
    expect(await flags.get(PROJECT)).toEqual({
      ...{ ...NEVER, toldAt: minute(5).toISOString(), since: minute(5).toISOString(), change: 6 },
    })
  })

  test('of one project does not affect the alerts of another', async () => {
    const one = setUp()
    await one.use(850)
    await one.enforce(PROJECT, minute(1))
    const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
    await index.apply('ci/other', [
      {
        ...{ kind: 'push', repository: 'other', at: PUSHED_AT, digest: DIGEST, size: 850 },
        ...{ mediaType: '', references: [] },
      },
    ])
    const other = setUp({ quota: { ...QUOTA, project: 'ci/other' } })
    await other.enforce(projectSubject('ci/other'), minute(2))
    expect((await alerts()).map(quotaSubjectOf)).toEqual([PROJECT, projectSubject('ci/other')])
  })
})

test('that a project came over its quota is told once', async () => {
  const { enforce, use, over } = setUp()
  for (const [n, bytes] of [850, 1001, 2000, 900, 1001].entries()) {
    await use(bytes)
    await enforce(PROJECT, minute(n))
  }
  expect(over).toEqual([
    [PROJECT.id, false],
    [PROJECT.id, false],
  ])
})

describe('nothing is announced', () => {
  test('while the flag stays, and its time stays', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    await enforce(PROJECT, minute(1))
    await use(950)
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning'])
    expect(await flags.get(PROJECT)).toMatchObject({
      ...{ flag: 'warning', since: minute(1).toISOString(), change: 1, mark: 0.8 },
    })
  })

  test('for a project that the index does not know', async () => {
    const { enforce, flags } = setUp()
    await enforce(PROJECT, minute(1))
    expect(await alerts()).toEqual([])
    expect(await flags.get(PROJECT)).toEqual(NEVER)
  })

  test('for a project without a quota', async () => {
    const { enforce, flags, use, removeQuota } = setUp()
    removeQuota()
    await use(5000)
    await enforce(PROJECT, minute(1))
    expect(await alerts()).toEqual([])
    expect(await flags.get(PROJECT)).toEqual(NEVER)
  })

  test('when the quota of a flag that is ok is removed', async () => {
    const { enforce, flags, use, removeQuota } = setUp()
    await use(100)
    await enforce(PROJECT, minute(1))
    removeQuota()
    await enforce(PROJECT, minute(2))
    expect(await alerts()).toEqual([])
    expect(await flags.get(PROJECT)).toEqual(NEVER)
  })
})

describe('a quota that is removed', () => {
  test('ends the flag, which is told once, in words that are true; a later change is announced', async () => {
    const { enforce, flags, use, removeQuota } = setUp()
    await use(1001)
    await enforce(PROJECT, minute(1))
    removeQuota()
    for (const n of [2, 3]) await enforce(PROJECT, minute(n))
    expect(await changes()).toEqual(['ok → over', 'over → ok'])
    const [, end] = await alerts()
    expect(end).toEqual({
      ...{ id: expect.stringMatching(/^j[0-9a-f]{32}$/), jobId: end?.id, at: minute(2).toISOString() },
      ...{ registry: 'ci', project: 'team-a/app', from: 'over', to: 'ok', reason: 'quota removed' },
      text: 'ci/team-a/app has no quota any more. It was over its quota.',
    })
    expect(await flags.get(PROJECT)).toEqual({
      ...{ ...NEVER, toldAt: minute(2).toISOString(), since: minute(2).toISOString(), change: 2 },
    })
    expect(await flags.raised()).toEqual([])
    await setUp().enforce(PROJECT, minute(4))
    expect(await changes()).toEqual(['ok → over', 'over → ok', 'ok → over'])
  })

  test('is told to whom the last alert about a group went, though nobody knows its projects any more', async () => {
    const on = { redis: bed.redis, prefix: 't' }
    const GROUP = { kind: 'group', id: 'g' } as const
    const group = { group: 'g', projects: ['ci/**'], measure: 'unique', limit: 10, warnAt: [0.8] } as const
    const members = makeGroupMembers(on)
    let configured: ConfiguredQuota[] = [group]
    const enforce = makeEnforce({
      flags: makeFlags(on),
      inForce: { of: async (subject) => within(makeQuotas(configured, ['ci']).of(subject)) },
      measure: makeMeasure({
        ...{ index: makeUsageIndex(on), members, quotas: () => makeQuotas(configured, ['ci']) },
        ...{ taggedBytes: async () => 0, storedBytes: async () => undefined },
      }).measureAndNote,
      actionFacts: async () => ({}),
      announce: (alert) => queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id }),
      ...{ onOver: async () => {}, afterwards: async () => {}, log: keepLines().log },
    })
    const hold = (bytes: number) => members.note(group, 'ci/a', { bytes, tags: 0, manifests: 0 })
    await hold(11)
    await members.complete(group)
    for (const n of [1, 2]) await enforce(GROUP, minute(n))
    // Its projects are empty, so none is among the largest.
    await hold(0)
    await enforce(GROUP, minute(2))
    await hold(11)
    await enforce(GROUP, minute(2))
    configured = []
    await members.forget(group)
    for (const n of [3, 4]) await enforce(GROUP, minute(n))
    expect(await alerts()).toMatchObject([
      { group: 'g', to: 'over', projects: ['ci/a'] },
      { group: 'g', to: 'ok', used: 0, projects: ['ci/a'] },
      { group: 'g', to: 'over', projects: ['ci/a'] },
      { group: 'g', to: 'ok', projects: ['ci/a'], reason: 'quota removed' },
    ])
    expect((await makeFlags(on).entry(GROUP)).projects).toBeUndefined()
  })

  test('ends an escalation for the channels that were told, which the file may not name any more', async () => {
    const escalate = { after: 60_000, channels: ['boss'] }
    const { enforce, use, removeQuota, escalated } = setUp({ quota: { ...QUOTA, escalate } })
    await use(1001)
    for (const n of [1, 3]) await enforce(PROJECT, minute(n))
    // What an alert tells of the eviction is that of the state that it is about.
    expect(escalated).toEqual([false, true])
    removeQuota()
    await enforce(PROJECT, minute(4))
    expect(await alerts()).toMatchObject([
      { from: 'ok', to: 'over' },
      { from: 'over', to: 'over', escalation: { channels: ['boss'] } },
      { from: 'over', to: 'ok', reason: 'quota removed', endsEscalation: { channels: ['boss'] } },
    ])
  })

  const within = (quota: Quota | undefined) => quota && { quota }
})

describe('a check that runs twice', () => {
  test('at the same time announces once', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    await Promise.all([enforce(PROJECT, minute(1)), enforce(PROJECT, minute(1))])
    expect(await changes()).toEqual(['ok → warning'])
    expect((await flags.get(PROJECT)).change).toBe(1)
  })

  test('because it was killed at any of its steps announces once', async () => {
    // The steps of a run: it stores the change, announces it, and stores that it did.
    for (const step of [1, 2, 3]) {
      let left = step
      const kill = async <T>(then: () => Promise<T>): Promise<T> => {
        if (--left === 0) throw new Error('killed')
        return then()
      }
      const { enforce, flags, use } = setUp({
        wrap: (real) => ({ ...real, replace: (...args) => kill(() => real.replace(...args)) }),
      })
      await queues.alerts.drain()
      await flags.replace(PROJECT, await flags.entry(PROJECT), undefined)
      await use(850)
      if (step < 3) await expect(enforce(PROJECT, minute(1))).rejects.toThrow('killed')
      left = 100
      await enforce(PROJECT, minute(2))
      expect(await changes()).toEqual(['ok → warning'])
      expect(await flags.entry(PROJECT)).toMatchObject({ state: { flag: 'warning', change: 1 } })
      expect((await flags.entry(PROJECT)).untold).toBeUndefined()
    }
  })

  test('with another usage the second time tells both changes', async () => {
    let isBroken = true
    const { enforce, use } = setUp({
      wrap: (real) => ({
        ...real,
        replace: (subject, before, next) =>
          isBroken && next?.untold === undefined
            ? Promise.reject(new Error('connection lost'))
            : real.replace(subject, before, next),
      }),
    })
    await use(850)
    await expect(enforce(PROJECT, minute(1))).rejects.toThrow('connection lost')
    isBroken = false
    await use(1001)
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning', 'warning → over'])
  })

  test('because Redis refused its writes changes nothing the first time', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    // Redis answers reads, and refuses writes with OOM.
    await bed.redis.config('SET', 'maxmemory', '1')
    await expect(enforce(PROJECT, minute(1))).rejects.toThrow('OOM')
    await bed.redis.config('SET', 'maxmemory', '0')
    expect(await alerts()).toEqual([])
    expect((await flags.get(PROJECT)).flag).toBe('ok')
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning'])
  })
})

test('the text gives the warning mark in whole percent', async () => {
  const { enforce, use } = setUp({ quota: { ...QUOTA, warnAt: [0.29] } })
  await use(400)
  await enforce(PROJECT, minute(1))
  expect((await alerts())[0]?.text).toContain('(warning from 29 %)')
})
