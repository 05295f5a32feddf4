import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLog } from '../../src/platform/log.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeEnforce } from '../../src/quota/enforce.ts'
import type { Quota } from '../../src/quota/evaluate.ts'
import { type Flags, makeFlags } from '../../src/quota/flags.ts'
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

const PROJECT = 'ci/team-a/app'
const DIGEST = `sha256:${'a'.repeat(64)}`
const REPOSITORY = 'team-a/app'
/** epoch µs */
const PUSHED_AT = 1_795_449_746_518_381
const QUOTA: Quota = { project: '**', limit: 1000, warnAt: 0.8 }

/** A minute of the day on which these tests happen. */
const minute = (n: number) => new Date(Date.UTC(2026, 10, 23, 16, n))

function setUp({ quota = QUOTA, flags }: { quota?: Quota; flags?: (real: Flags) => Flags } = {}) {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const realFlags = makeFlags({ redis: bed.redis, prefix: 't' })
  const { log, lines } = keepLines()
  const over: string[] = []
  const configured = { quota: quota as Quota | undefined }
  const enforce = makeEnforce({
    index,
    flags: flags?.(realFlags) ?? realFlags,
    queues,
    quotaOf: (project) => (project === PROJECT ? configured.quota : undefined),
    onOver: async (project) => over.push(project),
    actionFacts: async () => ({}),
    log,
  })
  let pushes = 0
  return {
    enforce,
    lines,
    /** The projects of which it was told that they came over their quota. */
    over,
    flags: realFlags,
    /** Makes the project hold exactly so many bytes. */
    async use(bytes: number, actor?: string) {
      pushes += 1
      const at = PUSHED_AT + pushes * 2_000_000
      await index.apply(PROJECT, [
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
      configured.quota = undefined
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
    expect(await flags.get(PROJECT)).toEqual({ flag: 'warning', since: minute(1).toISOString(), change: 1 })
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
      uniqueBytes: 850,
      limitBytes: 1000,
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
    const numbers = { level: 'info', registry: 'ci', project: 'team-a/app', limitBytes: 1000 }
    expect(lines).toMatchObject([
      {
        ...{ ...numbers, from: 'ok', to: 'warning', uniqueBytes: 850 },
        msg: 'ci/team-a/app is at 85 % of its quota: 850 B of 1000 B (warning from 80 %).',
      },
      {
        ...{ ...numbers, from: 'warning', to: 'over', uniqueBytes: 1001 },
        msg: 'ci/team-a/app is OVER its quota: 1001 B of 1000 B.',
      },
      { from: 'over', to: 'ok', msg: 'ci/team-a/app has no quota any more: its flag is ok' },
    ])
  })

  test('is announced with who pushed last, if that is known', async () => {
    const { enforce, use } = setUp()
    await use(850, 'ann')
    await enforce(PROJECT, minute(1))
    await use(1001)
    await enforce(PROJECT, minute(2))
    expect((await alerts()).map(({ lastPushedBy }) => lastPushedBy)).toEqual(['ann', undefined])
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
    expect(await flags.get(PROJECT)).toEqual({ flag: 'ok', since: minute(5).toISOString(), change: 6 })
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
    const enforceOther = makeEnforce({
      index,
      flags: one.flags,
      queues,
      quotaOf: () => QUOTA,
      onOver: async () => {},
      actionFacts: async () => ({}),
      log: makeLog('silent'),
    })
    await enforceOther('ci/other', minute(2))
    expect((await alerts()).map(({ project }) => project)).toEqual(['team-a/app', 'other'])
  })
})

test('that a project came over its quota is told once', async () => {
  const { enforce, use, over } = setUp()
  for (const [n, bytes] of [850, 1001, 2000, 900, 1001].entries()) {
    await use(bytes)
    await enforce(PROJECT, minute(n))
  }
  expect(over).toEqual([PROJECT, PROJECT])
})

describe('nothing is announced', () => {
  test('while the flag stays, and its time stays', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    await enforce(PROJECT, minute(1))
    await use(950)
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning'])
    expect(await flags.get(PROJECT)).toEqual({ flag: 'warning', since: minute(1).toISOString(), change: 1 })
  })

  test('for a project that the index does not know', async () => {
    const { enforce, flags } = setUp()
    await enforce(PROJECT, minute(1))
    expect(await alerts()).toEqual([])
    expect(await flags.get(PROJECT)).toEqual({ flag: 'ok', since: null, change: 0 })
  })

  test('for a project without a quota', async () => {
    const { enforce, flags, use, removeQuota } = setUp()
    removeQuota()
    await use(5000)
    await enforce(PROJECT, minute(1))
    expect(await alerts()).toEqual([])
    expect(await flags.get(PROJECT)).toEqual({ flag: 'ok', since: null, change: 0 })
  })

  test('when the quota is removed, but the flag becomes ok, and a later change is announced', async () => {
    const { enforce, flags, use, removeQuota } = setUp()
    await use(1001)
    await enforce(PROJECT, minute(1))
    removeQuota()
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → over'])
    expect(await flags.get(PROJECT)).toEqual({ flag: 'ok', since: minute(2).toISOString(), change: 2 })
    expect([...(await flags.all()).values()].map(({ flag }) => flag)).toEqual(['ok'])
    await setUp().enforce(PROJECT, minute(3))
    expect(await changes()).toEqual(['ok → over', 'ok → over'])
  })
})

describe('a check that runs twice', () => {
  test('at the same time announces once', async () => {
    const { enforce, flags, use } = setUp()
    await use(850)
    await Promise.all([enforce(PROJECT, minute(1)), enforce(PROJECT, minute(1))])
    expect(await changes()).toEqual(['ok → warning'])
    expect((await flags.get(PROJECT)).change).toBe(1)
  })

  test('because the flag could not be stored after the alert was queued announces once', async () => {
    let isBroken = true
    const { enforce, flags, use } = setUp({
      flags: (real) => ({
        ...real,
        set: (...args) => (isBroken ? Promise.reject(new Error('connection lost')) : real.set(...args)),
      }),
    })
    await use(850)
    await expect(enforce(PROJECT, minute(1))).rejects.toThrow('connection lost')
    expect(await changes()).toEqual(['ok → warning'])
    expect((await flags.get(PROJECT)).flag).toBe('ok')

    isBroken = false
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning'])
    expect(await flags.get(PROJECT)).toEqual({ flag: 'warning', since: minute(2).toISOString(), change: 1 })
    // The first alert is the one that is sent.
    expect((await alerts())[0]?.at).toBe(minute(1).toISOString())
  })

  test('because the flag could not be stored, with another flag the second time, announces both', async () => {
    let isBroken = true
    const { enforce, use } = setUp({
      flags: (real) => ({
        ...real,
        set: (...args) => (isBroken ? Promise.reject(new Error('connection lost')) : real.set(...args)),
      }),
    })
    await use(850)
    await expect(enforce(PROJECT, minute(1))).rejects.toThrow('connection lost')
    isBroken = false
    await use(1001)
    await enforce(PROJECT, minute(2))
    expect(await changes()).toEqual(['ok → warning', 'ok → over'])
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
  const { enforce, use } = setUp({ quota: { ...QUOTA, warnAt: 0.29 } })
  await use(400)
  await enforce(PROJECT, minute(1))
  expect((await alerts())[0]?.text).toContain('(warning from 29 %)')
})
